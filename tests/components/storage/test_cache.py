"""Copies on disk: one for each content, bounded, and no process gets in the way of another."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from components.storage import cache
from components.storage.cache import Cache


def write(content: bytes):
    return lambda partial: partial.write_bytes(content)


def files(folder: Path) -> list[str]:
    return sorted(path.name.split("-", 2)[-1] for path in folder.glob("[0-9a-f][0-9a-f]/*"))


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def test_a_copy_is_made_once_for_each_content(tmp_path) -> None:
    copies, made = Cache(tmp_path, limit=1000), []

    def fill(partial: Path) -> None:
        made.append(partial)
        partial.write_bytes(b"x")

    first = copies.file("raw/a.mkv", "etag1", fill)
    assert copies.file("raw/a.mkv", "etag1", fill) == first and len(made) == 1
    assert copies.file("raw/a.mkv", "etag2", fill) != first and len(made) == 2
    assert first.name.endswith("-a.mkv") and first.read_bytes() == b"x"


def test_the_longest_unused_go_first(tmp_path) -> None:
    copies = Cache(tmp_path, limit=25)
    kept = [copies.file(name, "", write(bytes(10))) for name in "ab"]
    age(kept[0], 1000)
    age(kept[1], 2000)
    copies.file("a", "", write(b""))  # used again
    age(kept[0], 900)
    copies.file("c", "", write(bytes(10)))
    assert files(tmp_path) == ["a", "c"]


def test_what_was_just_asked_for_stays(tmp_path) -> None:
    copies = Cache(tmp_path, limit=1)
    for name in "abc":
        assert copies.file(name, "", write(bytes(10))).exists()
    assert files(tmp_path) == ["a", "b", "c"]


def test_what_a_killed_process_left_goes_too(tmp_path) -> None:
    copies = Cache(tmp_path, limit=5)
    left = copies.file("a", "", write(b"1")).with_name(".x.half")
    left.write_bytes(bytes(100))
    age(left, 1000)
    copies.file("b", "", write(b"1"))
    assert not left.exists()


def test_a_fill_that_fails_leaves_nothing(tmp_path) -> None:
    def fill(partial: Path) -> None:
        partial.write_bytes(b"half")
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        Cache(tmp_path, limit=10).file("a", "", fill)
    assert files(tmp_path) == []


def test_forgotten_copies_are_gone(tmp_path) -> None:
    copies = Cache(tmp_path, limit=1000)
    for path, content in [("x/a", "1"), ("x/a", "2"), ("y/a", "1")]:
        copies.file(path, content, write(b"1"))
    copies.forget(["x/a", "never/there"])
    assert len(files(tmp_path)) == 1
    assert copies.file("y/a", "1", write(b"other")).read_bytes() == b"1"


def ask(folder: Path, log: Path, number: int) -> None:
    def fill(partial: Path) -> None:
        with log.open("a") as file:
            file.write(f"{number}\n")
        time.sleep(0.3)
        partial.write_bytes(bytes(100))

    assert Cache(folder, limit=1).file("a", "", fill).stat().st_size == 100


def test_processes_that_want_the_same_fetch_it_once(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(cache, "IN_USE", 60.0)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=ask, args=(tmp_path / "cache", tmp_path / "log", number)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len((tmp_path / "log").read_text().split()) == 1
