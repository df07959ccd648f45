"""A store that misbehaves, and what Storage makes of it: whole files or an error, nothing lost, nothing twice."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.contracts import InputError
from components.storage import retry
from components.storage.storage import Storage
from tests.faults import FaultyFileSystem, environment

HARM = {"fail": 0.08, "hang": 0.04, "seconds": 0.001, "after": 0.08, "short": 0.08}
MOVE = """
import sys
from components.storage.storage import Storage
storage = Storage(sys.argv[1])
storage.move("parts/a", "datasets/a")
storage.write("datasets/manifest", b"a")
storage.remove("parts/b")
"""


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST", 0.001)


def faulty(tmp_path: Path, *, attempts: int = 5, visible_within: float = 10.0, **faults) -> Storage:
    return Storage(
        f"faulty://{tmp_path}/store",
        options=faults,
        cache=str(tmp_path / "cache"),
        attempts=attempts,
        visible_within=visible_within,
    )


def counts(storage: Storage):
    fs = storage._fs
    assert isinstance(fs, FaultyFileSystem)
    return fs.counts


@pytest.mark.parametrize("seed", range(8))
def test_through_a_storm_the_store_is_what_a_dictionary_would_be(tmp_path, seed) -> None:
    storage, known, chance = faulty(tmp_path, attempts=20, seed=seed, **HARM), {}, random.Random(seed)
    paths = [f"{folder}/{name}" for folder in ("a", "b/c") for name in range(4)]
    for number in range(80):
        path, other = chance.sample(paths, 2)
        match chance.choice(["write", "write", "put", "read", "range", "ranges", "fetch", "list", "move", "remove", "size"]):
            case "write":
                known[path] = chance.randbytes(chance.randrange(300))
                storage.write(path, known[path])
            case "put":
                known[path] = chance.randbytes(chance.randrange(300))
                (tmp_path / "local").write_bytes(known[path])
                storage.put(tmp_path / "local", path)
                assert not (tmp_path / "local").exists()
            case "read" if path in known:
                assert storage.read(path) == known[path], number
            case "range" if path in known:
                assert storage.read(path, start=5, size=50) == known[path][5:55]
            case "ranges" if {path, other} <= set(known):
                wanted = [(path, 0, 9), (other, 3, 200), (path, 30, 4)]
                assert storage.read_ranges(wanted, gap=0) == [known[at][start : start + size] for at, start, size in wanted]
            case "fetch" if path in known:
                assert storage.fetch(path).read_bytes() == known[path]
            case "move" if path in known:
                storage.move(path, other)
                known[other] = known.pop(path)
            case "remove":
                storage.remove(path)
                known.pop(path, None)
            case "size" if path in known:
                assert storage.size(path) == len(known[path])
            case _:
                assert storage.list("") == sorted(known)
    assert {path: Storage(f"faulty://{tmp_path}/store").read(path) for path in storage.list("")} == known
    assert sum(counts(storage)[fault] for fault in ("fail", "hang", "after", "short")) > 10


def test_what_does_not_pass_is_not_asked_again(tmp_path) -> None:
    storage = faulty(tmp_path)
    with pytest.raises(InputError, match="no such file or bucket"):
        storage.size("gone")
    assert counts(storage)["info"] == 1


def test_a_store_that_stays_away_is_given_up_and_named(tmp_path) -> None:
    storage = faulty(tmp_path, attempts=3, away=(1, 1000))
    with pytest.raises(InputError, match=r"a: \[Errno 111\] the store is away; check storage.url and the credentials"):
        storage.write("a", b"1")
    assert counts(storage)["pipe_file"] == 3


def test_short_reads_are_never_believed(tmp_path) -> None:
    faulty(tmp_path).write("a", bytes(1000))
    storage = faulty(tmp_path, attempts=2, short=1.0)
    for use in (
        storage.read,
        storage.fetch,
        lambda path: storage.read(path, size=1000),
        lambda path: storage.read_ranges([(path, 0, 9)]),
    ):
        with pytest.raises(InputError, match="bytes"):
            use("a")
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and ".locks" not in path.parts] == []


def test_a_digest_that_does_not_fit_is_said(tmp_path) -> None:
    faulty(tmp_path).write("a", b"1")
    with pytest.raises(InputError, match="has another sha256 than 000000000000"):
        faulty(tmp_path, attempts=1).fetch("a", sha256="0" * 64)


def test_what_is_written_can_be_read_where_new_objects_are_seen_late(tmp_path) -> None:
    storage = faulty(tmp_path, lag=0.15)
    storage.write("a", b"1")
    assert (storage.read("a"), storage.exists("a")) == (b"1", True)
    (tmp_path / "local").write_bytes(b"2")
    storage.put(tmp_path / "local", "b")
    storage.move("b", "c")
    assert (storage.read("c"), storage.exists("b")) == (b"2", False)


def test_what_is_never_seen_was_not_written(tmp_path) -> None:
    (tmp_path / "local").write_bytes(b"2")
    with pytest.raises(InputError, match=r"1 bytes were written and the store shows nothing after 0\.05 s"):
        faulty(tmp_path, attempts=1, lag=9.0, visible_within=0.05).put(tmp_path / "local", "a")
    assert (tmp_path / "local").read_bytes() == b"2"


def test_a_list_that_lags_is_put_right(tmp_path) -> None:
    storage = faulty(tmp_path, listing_lag=5.0)
    storage.write("raw/a", b"1")
    storage.write("raw/b", b"12")
    storage.remove("raw/a")
    assert [(stored.path, stored.size) for stored in storage.sizes("raw")] == [("raw/b", 2)]
    assert faulty(tmp_path, listing_lag=5.0).list("raw") == []  # what others have changed is seen when the store shows it


@pytest.mark.parametrize("when", range(1, 6))
def test_killed_at_any_change_and_done_again(tmp_path, when) -> None:
    """Copy, remove, write, remove: wherever it ends, nothing is at neither place, and again is enough."""
    store = faulty(tmp_path)
    for name in ("a", "b"):
        store.write(f"parts/{name}", name.encode() * 1000)
    url, words = f"faulty://{tmp_path}/store", [sys.executable, "-c", MOVE]
    killed = {**os.environ, **environment(tmp_path / "entry", kill=when, seed=when)}
    ended = subprocess.run([*words, url], env=killed, check=False)
    assert ended.returncode == (-9 if when < 5 else 0)
    assert {store.read(path) for path in store.list("") if path.endswith("/a")} == {b"a" * 1000}
    exec(compile(MOVE.replace("sys.argv[1]", repr(url)), "move", "exec"), {})
    assert store.list("") == ["datasets/a", "datasets/manifest"]
    assert (store.read("datasets/a"), store.read("datasets/manifest")) == (b"a" * 1000, b"a")


def test_a_pickled_store_has_no_connection_and_opens_its_own(tmp_path) -> None:
    storage = faulty(tmp_path, seed=1)
    copied = pickle.loads(pickle.dumps(storage))
    assert copied._opened is None
    copied.write("a", b"1")
    assert storage.read("a") == b"1" and copied._fs is not storage._fs


def test_a_url_or_option_with_a_secret_is_refused_without_saying_it(tmp_path) -> None:
    for url, options in [
        ("s3://AKIA:hush-hush@bucket", {}),
        ("abfs://c/x?sig=hush-hush", {}),
        ("s3://bucket", {"secret": "hush-hush"}),
        ("s3://bucket", {"key": "hush-hush"}),
        ("abfs://c", {"account_key": "hush-hush"}),
        ("abfs://c", {"connection_string": "hush-hush"}),
    ]:
        with pytest.raises(InputError, match="credentials come from the environment") as caught:
            Storage(url, options=options)
        assert "hush" not in str(caught.value)


def test_errors_of_libraries_are_told_without_their_secrets(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=x;AccountKey=aHVzaC1odXNo;")
    storage = faulty(tmp_path)
    storage.write("a", b"1")

    def broken(*_, **__):
        raise RuntimeError("GET https://h/c?sig=hush-hush&x=1 with aHVzaC1odXNo: 500")

    monkeypatch.setattr(storage._fs, "cat_file", broken)
    with pytest.raises(InputError, match=r"GET https://h/c\?sig=\*\*\*&x=1 with \*\*\*: 500") as caught:
        storage.read("a", size=1)
    assert caught.value.__cause__ is None


def test_waits_are_short_and_grow(monkeypatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(retry, "FIRST", 0.1)
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(random, "uniform", lambda low, high: high)

    def broken() -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        retry.again(broken, attempts=9)
    assert slept == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert not retry.until(lambda: False, seconds=0)


@pytest.mark.parametrize(("url", "package"), [("gs://bucket", "gcsfs"), ("abfs://container", "adlfs"), ("s3://bucket", "s3fs")])
def test_a_driver_that_is_not_installed_is_named(url, package, monkeypatch) -> None:
    for scheme in ("s3", "gs", "gcs", "abfs", "az", "abfss"):
        monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, scheme, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=f"install it with: pip install {package}$"):
        Storage(url)
