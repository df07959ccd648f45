"""What only Google's store has: resumable uploads, keys of one's own, and how it is asked."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from components.contracts import InputError
from components.storage.gcs import Gcs
from tests.stores.proxy import line
from tests.stores.servers import Server, bucket_of
from tests.stores.servers import gcs as running

pytestmark = [pytest.mark.service, pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")]  # aiohttp advises
MEBIBYTE = 2**20
KEY = "projects/ward/locations/europe-west9/keyRings/ring/cryptoKeys/films"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def environment(server, monkeypatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def requests(server: Server, word: str) -> list[str]:
    return [entry for entry in server.log.read_text().splitlines() if word in entry and "HTTP/1" in entry]


def test_large_files_go_in_parts(server, tmp_path) -> None:
    storage = server.storage(bucket_of(tmp_path), part_megabytes=2, cache=str(tmp_path / "cache"))
    content = os.urandom(9 * MEBIBYTE + 17)
    for send in ("put", "written"):
        before = len(requests(server, "&upload_id="))
        if send == "put":
            (tmp_path / "large").write_bytes(content)
            storage.put(tmp_path / "large", send)
        else:
            storage.write(send, content)
        assert len(requests(server, "&upload_id=")) - before == 5
        assert storage.read(send) == content
    assert storage.fetch("put").read_bytes() == content


def test_a_key_of_ones_own_goes_with_every_way_into_the_store(server, tmp_path) -> None:
    storage = server.storage(bucket_of(tmp_path), part_megabytes=1, kms_key=KEY)
    (tmp_path / "large").write_bytes(bytes(6 * MEBIBYTE))
    before = len(requests(server, "cryptoKeys"))
    storage.put(tmp_path / "large", "put")
    storage.write("written", b"1")
    storage.move("written", "moved")
    said = [entry for entry in requests(server, "cryptoKeys")[before:] if "upload_id" not in entry]
    assert [word for entry in said for word in ("uploadType", "rewriteTo") if word in entry] == [
        "uploadType",
        "uploadType",
        "rewriteTo",
    ]
    assert all(("destinationKmsKeyName" in entry) == ("rewriteTo" in entry) for entry in said)
    assert (storage.size("put"), storage.read("moved")) == (6 * MEBIBYTE, b"1")


def test_half_a_file_never_appears(server, tmp_path, monkeypatch) -> None:
    """A source that breaks off while it is being read."""
    storage = server.storage(bucket_of(tmp_path), part_megabytes=1, kms_key=KEY, attempts=1)
    assert isinstance(storage, Gcs)

    def broken():
        yield bytes(3 * MEBIBYTE)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        storage._write(storage._at("half"), broken())
    assert storage.list("") == []


def test_what_it_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="expected gs://bucket/prefix"):
        Gcs("s3://bucket")
    with pytest.raises(InputError, match=r"storage\.options\.token is a secret"):
        Gcs("gs://bucket", options={"token": "hush-hush"})


def test_over_a_line_that_breaks_everything_arrives(server, tmp_path, monkeypatch) -> None:
    straight = server.storage(bucket_of(tmp_path))
    with line(server.endpoint, seed=3, refused=0.1, busy=0.1) as broken:
        storage = Gcs(straight.url, endpoint=broken.url, project="ward", login="anonymous", cache=str(tmp_path / "cache"))
        for number in range(2):
            storage.write(f"{number}", bytes(number))
            assert storage.read(f"{number}") == bytes(number)
        storage.move("1", "moved/1")
        assert storage.list("") == ["0", "moved/1"]
    assert straight.list("") == ["0", "moved/1"]


def test_a_store_that_is_away_is_given_up_after_as_many_attempts_as_said(server, tmp_path) -> None:
    with line(server.endpoint, refused=1.0) as dead:
        storage = Gcs("gs://bucket", endpoint=dead.url, project="ward", login="anonymous", attempts=2)
        dead.counts.clear()
        with pytest.raises(InputError, match=r"check storage\.url and the credentials"):
            storage.read("a", size=1)
    assert 2 <= dead.counts["refused"] <= 4  # twice for the object; aiohttp tries a closed connection once more


def test_a_server_that_is_silent_is_not_waited_for(server) -> None:
    with line(server.endpoint, stalled=1.0, seconds=5.0) as silent:
        storage = Gcs("gs://bucket", endpoint=silent.url, project="ward", login="anonymous", attempts=1, timeout=0.2)
        with pytest.raises(InputError):
            storage.read("a", size=1)
