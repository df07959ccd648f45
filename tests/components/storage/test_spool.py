"""A store that is a folder, and is away while a file stands in its place."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

import pytest

from components.contracts import InputError
from components.storage import spool as module
from components.storage.spool import Spool
from components.storage.storage import Storage


class Writes(Storage):
    """A folder that remembers in which order files came."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.order: list[str] = []

    def send(self, file: Path, path: str) -> None:
        super().send(file, path)
        self.order.append(path)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST", 0.05)
    monkeypatch.setattr(module, "LONGEST", 0.1)


@pytest.fixture
def storage(tmp_path: Path) -> Writes:
    return Writes(str(tmp_path / "store"))


def _away(tmp_path: Path) -> Path:
    block = tmp_path / "store"
    block.write_text("no folder")
    return block


def _spool(storage: Storage, tmp_path: Path, owner: str = "me", megabytes: int = 1) -> Spool:
    return Spool(storage, folder=tmp_path / "spool", owner=owner, megabytes=megabytes)


def _fill(spool: Spool, *numbers: int, size: int = 10) -> None:
    for number in numbers:
        spool.put(f"a=1/b/{number}.parquet", bytes([number % 256]) * size)


def _paths(*numbers: int) -> list[str]:
    return [f"a=1/b/{number}.parquet" for number in numbers]


def _left(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]


def test_what_is_put_arrives_in_order_and_leaves_nothing_behind(storage: Writes, tmp_path: Path) -> None:
    spool = _spool(storage, tmp_path)
    _fill(spool, *range(12))
    assert spool.close() == 0
    assert storage.order == _paths(*range(12))
    assert storage.read("a=1/b/7.parquet") == b"\x07" * 10
    assert _left(tmp_path) == []


def test_a_store_that_was_away_gets_everything_in_order_when_it_is_back(
    storage: Writes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    block = _away(tmp_path)
    spool = _spool(storage, tmp_path)
    began = time.monotonic()
    _fill(spool, 0, 1, 2)
    assert time.monotonic() - began < 1
    end = time.monotonic() + 20
    while not spool.problem:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert spool.waiting == 3 and "a file stands where a folder is needed" in spool.problem
    block.unlink()
    assert spool.close() == 0
    assert storage.order == _paths(0, 1, 2) and spool.problem == ""
    assert caplog.text.count("files wait in") == 1 and caplog.text.count("is back") == 1


def test_what_is_left_survives_the_process_and_is_sent_first_by_the_next(storage: Writes, tmp_path: Path) -> None:
    block = _away(tmp_path)
    spool = _spool(storage, tmp_path)
    _fill(spool, 0, 1)
    assert spool.close(0.2) == 2
    block.unlink()
    spool = _spool(storage, tmp_path)
    _fill(spool, 2)
    assert spool.close() == 0
    assert storage.order == _paths(0, 1, 2)


def test_places_that_nobody_holds_are_emptied_by_whoever_comes(storage: Writes, tmp_path: Path) -> None:
    block = _away(tmp_path)
    first, second = _spool(storage, tmp_path, "one"), _spool(storage, tmp_path, "two")
    _fill(first, 0)
    _fill(second, 1)
    assert first.close(0.1) == 1
    block.unlink()
    third = _spool(storage, tmp_path, "three")
    assert third.close() == 0 and second.close() == 0
    assert sorted(storage.order) == _paths(0, 1), "what another process holds is its own to send"
    assert _left(tmp_path) == []


def test_two_of_the_same_name_do_not_meet(storage: Writes, tmp_path: Path) -> None:
    first, second = _spool(storage, tmp_path), _spool(storage, tmp_path)
    _fill(first, 0)
    _fill(second, 1)
    assert first.close() == second.close() == 0
    assert sorted(storage.order) == _paths(0, 1)


def test_another_store_does_not_get_what_was_meant_for_this_one(storage: Writes, tmp_path: Path) -> None:
    block = _away(tmp_path)
    spool = _spool(storage, tmp_path)
    _fill(spool, 0)
    spool.close(0.1)
    block.unlink()
    other = Writes(str(tmp_path / "other"))
    assert _spool(other, tmp_path).close() == 0
    assert other.order == []


def test_beyond_the_bound_the_oldest_is_lost_and_said(storage: Writes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    block = _away(tmp_path)
    spool = _spool(storage, tmp_path)
    _fill(spool, *range(8), size=200_000)
    assert sum(path.stat().st_size for path in _left(tmp_path)) <= 1_200_000  # and one that is being sent
    assert 2 <= spool.lost <= 3
    assert any(record.levelno == logging.WARNING and "are lost" in record.message for record in caplog.records)
    block.unlink()
    assert spool.close() == 0
    assert storage.order[-5:] == _paths(3, 4, 5, 6, 7)
    assert len(storage.order) + spool.lost == 8


def test_a_place_that_cannot_be_written_loses_what_comes_and_says_so(storage: Writes, tmp_path: Path) -> None:
    spool = _spool(storage, tmp_path)
    (tmp_path / "spool" / "block").write_text("")
    spool._disk = Storage(str(tmp_path / "spool" / "block" / "folder"))
    _fill(spool, 0)
    assert spool.lost == 1
    assert spool.close() == 0


def test_a_file_in_the_place_of_the_folder_is_refused(storage: Writes, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("")
    with pytest.raises(InputError, match=r"live\.spool"):
        _spool(storage, tmp_path)


def test_many_that_wait_are_neither_looked_through_nor_listed_for_each_that_goes(
    storage: Writes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block, asked, went, listed = _away(tmp_path), list[int](), list[int](), list[str]()
    spool = Spool(
        storage, folder=tmp_path / "spool", owner="me", megabytes=1, lost=lambda note, _: went.append(note["n"]),
        rank=lambda note: (asked.append(note["n"]), None if note["n"] % 50 == 7 else 0)[1],
    )  # fmt: skip
    really = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path=".": (listed.append(str(path)), really(path))[1])
    for number in range(200):
        spool.put(f"a/{number}", b"0" * 10_000, {"n": number})
    assert len(went) > 90 and max(went) < len(went) + 6 and not any(number % 50 == 7 for number in went), "the oldest went"
    assert len(asked) < 10 * len(went), "what is kept is few, and what goes is found at once"
    assert not listed
    block.unlink()
    assert spool.close() == 0
    assert len(storage.order) == 200 - len(went) and storage.order == sorted(storage.order, key=lambda path: int(path[2:]))


def test_what_is_left_of_others_that_are_at_work_too_is_left_to_them(storage: Writes, tmp_path: Path) -> None:
    block = _away(tmp_path)
    for number, owner in enumerate(("one", "two", "two", "three")):
        spool = _spool(storage, tmp_path, owner)
        _fill(spool, number)
        spool.close(0.1)
    block.unlink()
    about = {"folder": tmp_path / "spool", "megabytes": 1, "others": ("one", "two")}
    assert Spool(storage, owner="one", **about).close() == 0
    assert storage.order == _paths(0, 3)
    assert Spool(storage, owner="two", **about).close() == 0
    assert storage.order == _paths(0, 3, 1, 2) and _left(tmp_path) == []
