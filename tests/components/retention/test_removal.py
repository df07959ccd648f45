"""Gone is gone: in a folder, and in a bucket of a real S3 server that keeps old versions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.contracts import InputError
from components.database.database import Database
from components.retention import removal
from components.retention.removal import Remover
from components.retention.sweep import sweep
from components.storage.storage import Storage
from tests.components.retention.conftest import LATER, TEN, record
from tests.components.retention.test_sweep import POLICY, nobody
from tests.stores import servers
from tests.stores.servers import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with servers.s3() as running:
        yield running


@pytest.fixture
def bucket(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """A bucket that keeps every version of everything."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    storage = server.storage(servers.bucket_of(tmp_path), cache=str(tmp_path / "cache"))
    fs, name = storage.behind("")
    fs.call_s3("put_bucket_versioning", Bucket=name.split("/")[0], VersioningConfiguration={"Status": "Enabled"})
    return storage


def _versions(storage: Storage) -> int:
    fs, name = storage.behind("")
    found = fs.call_s3("list_object_versions", Bucket=name.split("/")[0])
    return len([*found.get("Versions", ()), *found.get("DeleteMarkers", ())])


def test_a_plain_remove_leaves_the_bytes_in_a_bucket_with_versions(bucket: Storage) -> None:
    bucket.write("raw/a", b"1")
    bucket.remove("raw/a")
    assert not bucket.exists("raw/a") and _versions(bucket) == 2  # the bytes, and the mark that they are deleted
    assert Remover(bucket).remains("raw/a").startswith("2 versions of it are left; a bucket that keeps old versions needs s3:")


def test_the_remover_takes_every_version_of_this_very_name(bucket: Storage) -> None:
    for content in (b"1", b"2", b"3"):
        bucket.write("raw/a", content)
    bucket.write("raw/ab", b"another")
    remover = Remover(bucket)
    assert remover.remains("raw/a") == "it is still there"
    remover.remove("raw/a")
    assert remover.remains("raw/a") == "" and bucket.list("") == ["raw/ab"] and _versions(bucket) == 1
    remover.remove("raw/a")  # again


def test_what_was_written_again_leaves_nothing_of_before(bucket: Storage) -> None:
    bucket.write("sightings/a", b"with her")
    bucket.write("sightings/a", b"without")
    Remover(bucket).remove_old("sightings/a")
    assert bucket.read("sightings/a") == b"without" and _versions(bucket) == 1


def test_a_sweep_in_such_a_bucket_leaves_no_version_and_no_copy_on_this_machine(bucket: Storage, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/ward.db")
    path = record(bucket, database, "bay_a", TEN)
    copy = bucket.fetch(path)
    assert copy.is_file()
    done = sweep(bucket, database, POLICY, users=nobody, now=LATER)
    assert (done.files, done.problems) == (2, {}) and not copy.exists()
    assert bucket.list("") == [done.certificate] and _versions(bucket) == 1
    database.close()


def test_whoever_may_not_see_versions_is_told_what_is_needed(bucket: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    fs, _ = bucket.behind("")
    call = fs.call_s3

    def refuse(operation: str, **words: object) -> object:
        if operation in ("get_bucket_versioning", "delete_object"):
            raise PermissionError("Access Denied")
        return call(operation, **words)

    remover = Remover(bucket)
    bucket.write("raw/a", b"1")
    monkeypatch.setattr(type(fs), "call_s3", staticmethod(refuse))
    with pytest.raises(InputError, match=r"nobody can tell whether it keeps old versions: .*s3:GetBucketVersioning"):
        Remover(bucket)
    with pytest.raises(InputError, match="delete_object: Access Denied"):
        remover.remove("raw/a")


def test_a_folder_has_no_versions(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path))
    storage.write("raw/a", b"1")
    remover = Remover(storage)
    assert remover.remains("raw/a") == "it is still there"
    remover.remove("raw/a")
    remover.forget(["raw/a"])
    assert remover.remains("raw/a") == ""


def test_a_digest_is_that_of_all_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "PIECE", 7)
    storage = Storage(str(tmp_path))
    storage.write("a", bytes(range(50)))
    storage.write("b", b"")
    assert removal.digest(storage, "a") == (hashlib.sha256(bytes(range(50))).hexdigest(), 50)
    assert removal.digest(storage, "b") == (hashlib.sha256(b"").hexdigest(), 0)
