"""What every kind of store must do: a local folder, a real S3 API, and the emulators of Google's and Azure's stores."""

from __future__ import annotations

import hashlib
import multiprocessing
import pickle
import socket
import time
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

import tests.faults  # noqa: F401 - faulty://
from components.contracts import InputError
from components.storage.s3 import S3
from components.storage.storage import Storage
from tests.stores.servers import SERVERS, Server, bucket_of

CONTENT = bytes(range(256)) * 40
KINDS = [
    "folder",
    "faulty",
    "s3",
    pytest.param("gcs", marks=pytest.mark.service),
    pytest.param("azure", marks=pytest.mark.service),
]


@pytest.fixture(scope="module")
def s3() -> Iterator[Server]:
    with SERVERS["s3"]() as server:
        yield server


@pytest.fixture(scope="module")
def gcs() -> Iterator[Server]:
    with SERVERS["gcs"]() as server:
        yield server


@pytest.fixture(scope="module")
def azure() -> Iterator[Server]:
    with SERVERS["azure"]() as server:
        yield server


@pytest.fixture(params=KINDS)
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    cache = str(tmp_path / "cache")
    if request.param in {"folder", "faulty"}:
        return Storage(("faulty://" if request.param == "faulty" else "") + str(tmp_path / "store"), cache=cache)
    server: Server = request.getfixturevalue(request.param)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server.storage(bucket_of(tmp_path), cache=cache)


class TestStorage:
    """The contract."""

    def test_what_is_written_is_read(self, storage: Storage) -> None:
        storage.write("a/b/c.bin", CONTENT)
        assert storage.read("a/b/c.bin") == CONTENT
        assert storage.size("a/b/c.bin") == len(CONTENT)

    def test_writing_again_replaces_everything(self, storage: Storage) -> None:
        storage.write("a.bin", CONTENT)
        storage.write("a.bin", b"new")
        assert storage.read("a.bin") == b"new"
        assert storage.size("a.bin") == 3

    @pytest.mark.parametrize(("start", "size"), [(0, 1), (0, 100), (1, 1), (255, 700), (10_000, 240), (17, None), (5, 0)])
    def test_a_range_is_just_these_bytes(self, storage: Storage, start: int, size: int | None) -> None:
        storage.write("a.bin", CONTENT)
        expected = CONTENT[start:] if size is None else CONTENT[start : start + size]
        assert storage.read("a.bin", start=start, size=size) == expected

    def test_put_moves_a_local_file_into_the_store(self, storage: Storage, tmp_path: Path) -> None:
        (tmp_path / "local").write_bytes(CONTENT)
        storage.put(tmp_path / "local", "raw/one.mkv")
        assert storage.read("raw/one.mkv") == CONTENT
        assert not (tmp_path / "local").exists()

    def test_exists_and_remove(self, storage: Storage) -> None:
        assert not storage.exists("a/b")
        storage.write("a/b", b"1")
        assert storage.exists("a/b")
        storage.remove("a/b")
        assert not storage.exists("a/b")
        storage.remove("a/b")  # removed already

    def test_a_list_is_sorted_relative_and_below_its_prefix(self, storage: Storage) -> None:
        for path in ("raw/b/2", "raw/b/1", "raw/a/3", "rawer/x", "other/y"):
            storage.write(path, b"1")
        assert storage.list("raw") == ["raw/a/3", "raw/b/1", "raw/b/2"]
        assert storage.list("raw/b") == ["raw/b/1", "raw/b/2"]
        assert storage.list("") == ["other/y", "raw/a/3", "raw/b/1", "raw/b/2", "rawer/x"]
        assert storage.list("nothing") == []
        assert storage.list("raw/a/3") == ["raw/a/3"]

    def test_a_list_sees_what_another_process_has_written(self, storage: Storage) -> None:
        storage.write("raw/1", b"1")
        assert storage.list("raw") == ["raw/1"]
        other = pickle.loads(pickle.dumps(storage))
        other.write("raw/2", b"2")
        assert storage.list("raw") == ["raw/1", "raw/2"]

    def test_move_leaves_nothing_behind(self, storage: Storage) -> None:
        storage.write("parts/k/one.tar", CONTENT)
        storage.move("parts/k/one.tar", "datasets/d/one.tar")
        assert storage.list("") == ["datasets/d/one.tar"]
        assert storage.read("datasets/d/one.tar") == CONTENT

    def test_move_done_again_finds_itself_done(self, storage: Storage) -> None:
        storage.write("a", CONTENT)
        storage.move("a", "b/c")
        storage.move("a", "b/c")
        assert storage.read("b/c") == CONTENT
        storage.write("a", b"newer")  # as if it had been killed between copy and removal
        storage.move("a", "b/c")
        assert (storage.list(""), storage.read("b/c")) == (["b/c"], b"newer")
        with pytest.raises(InputError, match="gone: no such file"):
            storage.move("gone", "nowhere")

    def test_sizes_and_times_in_one_list(self, storage: Storage) -> None:
        before = time.time_ns()
        storage.write("raw/a/1", b"12345")
        storage.write("raw/b", b"")
        found = storage.sizes("raw")
        assert [(stored.path, stored.size) for stored in found] == [("raw/a/1", 5), ("raw/b", 0)]
        assert all(abs(stored.modified - before) < 20_000_000_000 for stored in found)

    def test_many_ranges_come_in_the_order_asked_for(self, storage: Storage) -> None:
        storage.write("a", CONTENT)
        storage.write("b", CONTENT[::-1])
        wanted = [("a", 5000, 100), ("b", 0, 3), ("a", 0, 10), ("a", 10, 1), ("a", 7, 4), ("b", 10_000, 240), ("a", 3, 0)]
        whole = {"a": CONTENT, "b": CONTENT[::-1]}
        for gap in (0, 65_536):
            got = storage.read_ranges(wanted, gap=gap)
            assert got == [whole[path][start : start + size] for path, start, size in wanted]
        assert storage.read_ranges([]) == []
        with pytest.raises(InputError, match="gone: no such file"):
            storage.read_ranges([("a", 0, 5), ("gone", 0, 5)])

    @pytest.mark.parametrize(
        ("start", "size"), [(10_000, 1000), (10_239, 2), (10_240, 5), (20_000, 5), (10_240, None), (99_999, None)]
    )
    def test_a_range_ends_where_the_file_does(self, storage: Storage, start: int, size: int | None) -> None:
        storage.write("a", CONTENT)
        assert storage.read("a", start=start, size=size) == CONTENT[start : None if size is None else start + size]
        if size is not None:
            assert storage.read_ranges([("a", 1, 2), ("a", start, size)], gap=0)[1] == CONTENT[start : start + size]

    def test_empty_files_and_odd_names(self, storage: Storage) -> None:
        names = ["empty", "a b/c+d%20e#f.txt", "umlaut-ä/ß", "date=2026-01-01/hour=07/camera=x/1-2.parquet", "q?x=1&y"]
        for name in names:
            storage.write(name, b"" if name == "empty" else name.encode())
        assert storage.list("") == sorted(names)
        for name in names:
            expected = b"" if name == "empty" else name.encode()
            assert (storage.read(name), storage.size(name), storage.fetch(name).read_bytes()) == (
                expected,
                len(expected),
                expected,
            )
        for name in names:
            storage.move(name, f"moved/{name}")
            storage.remove(f"moved/{name}")
        assert storage.list("") == []

    def test_what_was_replaced_is_not_fetched_from_the_cache(self, storage: Storage) -> None:
        storage.write("a", b"first")
        assert storage.fetch("a").read_bytes() == b"first"
        storage.write("a", b"later")
        assert storage.fetch("a").read_bytes() == b"later"

    def test_a_copy_is_checked_against_its_digest(self, storage: Storage) -> None:
        storage.write("a", CONTENT)
        assert storage.fetch("a", sha256=hashlib.sha256(CONTENT).hexdigest()).read_bytes() == CONTENT

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_other_processes_use_the_same_object(self, storage: Storage, method: Literal["fork", "spawn"]) -> None:
        storage.write("mine", CONTENT)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks beside threads
            with multiprocessing.get_context(method).Pool(2) as pool:
                found = pool.map(partial(_written_elsewhere, storage), range(4))
        assert found == [CONTENT] * 4
        assert storage.list("theirs") == [f"theirs/{number}" for number in range(4)]
        assert storage.read("mine") == CONTENT  # and still here

    def test_fetch_gives_a_local_file(self, storage: Storage) -> None:
        storage.write("raw/one.mkv", CONTENT)
        file = storage.fetch("raw/one.mkv")
        assert file.read_bytes() == CONTENT
        assert file.name.endswith("one.mkv")
        assert storage.fetch("raw/one.mkv") == file
        assert [path.name for path in file.parent.iterdir()] == [file.name]
        assert storage.read("raw/one.mkv") == CONTENT

    def test_a_put_that_fails_leaves_neither_half_a_file_nor_the_old_one_damaged(self, storage: Storage, tmp_path: Path) -> None:
        storage.write("raw/one", b"old")
        with pytest.raises(InputError):
            storage.put(tmp_path / "absent", "raw/one")
        assert storage.read("raw/one") == b"old"
        assert storage.list("") == ["raw/one"]

    @pytest.mark.parametrize("path", ["../secret", "a/../../secret", "/etc/passwd", "a/.."])
    def test_no_path_leaves_the_store(self, storage: Storage, path: str) -> None:
        for use in (storage.read, storage.exists, storage.list, storage.size, storage.remove):
            with pytest.raises(InputError, match="would leave the store"):
                use(path)
        with pytest.raises(InputError, match="would leave the store"):
            storage.write(path, b"")
        storage.write("a", b"1")
        with pytest.raises(InputError, match="would leave the store"):
            storage.move("a", path)
        assert storage.read("a") == b"1"

    def test_fetch_does_not_leave_the_store(self, storage: Storage, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(b"not the store's")
        with pytest.raises(InputError, match="would leave the store"):
            storage.fetch(str(tmp_path / "secret"))

    @pytest.mark.parametrize("use", ["read", "size", "fetch"])
    def test_a_missing_file_is_named_with_its_store(self, storage: Storage, use: str) -> None:
        with pytest.raises(InputError, match=r"raw/gone\.mkv: no such file or bucket; was it deleted") as caught:
            getattr(storage, use)("raw/gone.mkv")
        assert storage.url in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_failed_fetch_leaves_nothing_in_the_cache(self, storage: Storage) -> None:
        with pytest.raises(InputError):
            storage.fetch("raw/gone.mkv")
        assert [path for path in Path(storage.cache).rglob("*") if path.is_file() and ".locks" not in path.parts] == []
        storage.write("raw/gone.mkv", b"back")
        assert storage.fetch("raw/gone.mkv").read_bytes() == b"back"


def _written_elsewhere(storage: Storage, number: int) -> bytes:
    storage.write(f"theirs/{number}", b"1")
    return storage.read("mine")


class TestFolder:
    """What only a local folder can get wrong."""

    def test_files_that_are_being_written_are_not_listed(self, tmp_path: Path) -> None:
        storage = Storage(str(tmp_path))
        storage.write("raw/one", b"1")
        (tmp_path / "raw" / ".two.1234").write_bytes(b"half")
        assert storage.list("raw") == ["raw/one"]

    def test_a_file_where_a_folder_is_needed(self, tmp_path: Path) -> None:
        (tmp_path / "store").write_bytes(b"")
        with pytest.raises(InputError, match="a file stands where a folder is needed"):
            Storage(str(tmp_path / "store")).write("a/b", b"1")

    @pytest.mark.parametrize(("url", "said"), [("", "storage.url is empty"), ("nothing://x", "cannot open 'nothing://x'")])
    def test_a_url_that_cannot_be_used(self, url: str, said: str) -> None:
        with pytest.raises(InputError, match=said):
            Storage(url)


def test_a_bucket_that_is_not_there(s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="no such file or bucket"):
        S3("s3://nobody-made-this").write("a", b"1")


def test_a_server_that_does_not_answer(s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, never listening
        storage = S3("s3://bucket", endpoint=f"http://127.0.0.1:{closed.getsockname()[1]}", attempts=2)
        with pytest.raises(InputError, match=r"check storage\.url and the credentials"):
            storage.exists("a")
