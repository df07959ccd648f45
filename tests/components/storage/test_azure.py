"""What only Azure has: blocks, encryption scopes, copies that are done later."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from components.contracts import InputError
from components.storage.azure import Azure
from tests.stores.proxy import line
from tests.stores.servers import AZURE_SECRET, Server, bucket_of
from tests.stores.servers import azure as running

pytestmark = [pytest.mark.service, pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")]  # aiohttp advises
MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def environment(server, monkeypatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def client(storage: Azure, path: str):
    container, blob, _ = storage._fs.split_path(storage._at(path))
    return storage._fs.service_client.get_blob_client(container, blob)


def blocks(storage: Azure, path: str) -> int:
    return len(storage._wait(client(storage, path).get_block_list("committed"))[0])


def test_large_files_go_in_blocks(server, tmp_path) -> None:
    storage = server.storage(bucket_of(tmp_path), part_megabytes=2, cache=str(tmp_path / "cache"))
    content = os.urandom(9 * MEBIBYTE + 17)
    (tmp_path / "large").write_bytes(content)
    storage.put(tmp_path / "large", "put")
    storage.write("written", content)
    storage.write("small", content[:MEBIBYTE])
    assert [blocks(storage, name) for name in ("put", "written", "small")] == [5, 5, 0]
    assert storage.read("put") == storage.read("written") == content
    assert storage.fetch("put").read_bytes() == content


def test_an_encryption_scope_goes_with_every_way_into_the_store(server, tmp_path) -> None:
    storage = server.storage(bucket_of(tmp_path), encryption_scope="films")
    asked = recorded(storage)
    (tmp_path / "local").write_bytes(b"12")
    storage.put(tmp_path / "local", "put")
    storage.write("written", b"1")
    storage.move("written", "moved")
    changes = [request for request in asked if request.method == "PUT"]
    assert len(changes) == 3
    assert {request.headers.get("x-ms-encryption-scope") for request in changes} == {"films"}
    assert (storage.read("put"), storage.read("moved")) == (b"12", b"1")


def recorded(storage: Azure) -> list:
    """Every request from now on."""
    asked: list = []
    policies = storage._fs.service_client._pipeline._impl_policies
    first = policies[0].send

    async def send(request):
        asked.append(request.http_request)
        return await first(request)

    policies[0].send = send
    return asked


def test_a_copy_counts_when_azure_says_that_it_is_done(server, tmp_path, monkeypatch) -> None:
    storage = server.storage(bucket_of(tmp_path))
    storage.write("a", b"12345")
    states = ["pending", "pending", "success"]
    real, seen = storage._wait, []

    def wait(coroutine):
        found = real(coroutine)
        if hasattr(found, "copy") and hasattr(found, "etag"):  # what is said of a blob
            seen.append(storage.exists("a"))
            return SimpleNamespace(copy=SimpleNamespace(status=states.pop(0)))
        return found

    monkeypatch.setattr(storage, "_wait", wait)
    storage.move("a", "b")
    assert seen == [True, True, True] and states == []
    assert storage.list("") == ["b"]
    states[:] = ["pending", "failed"]
    monkeypatch.setattr(storage, "_attempts", 1)
    with pytest.raises(InputError, match="the copy is failed"):
        storage.move("b", "c")
    assert "b" in storage.list("")  # what could not be copied is kept


def test_what_it_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="expected abfs://container/prefix"):
        Azure("s3://bucket")
    with pytest.raises(InputError, match=r"storage\.options\.connection_string is a secret"):
        Azure("abfs://container", options={"connection_string": "hush-hush"})


def test_without_an_account_it_says_what_to_set(monkeypatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING")
    with pytest.raises(InputError, match="and its credentials in the environment"):
        Azure("abfs://container")


def test_a_wrong_key_is_not_told(server, monkeypatch, tmp_path) -> None:
    wrong = "aHVzaC1odXNoLWh1c2gtaHVzaA=="
    said = server.environment["AZURE_STORAGE_CONNECTION_STRING"].replace(AZURE_SECRET, wrong)
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", said)
    with pytest.raises(InputError) as caught:
        Azure("abfs://nothing", attempts=1).write("a", b"1")
    assert wrong not in str(caught.value) and AZURE_SECRET not in str(caught.value)


def test_over_a_line_that_breaks_everything_arrives(server, tmp_path, monkeypatch) -> None:
    straight = server.storage(bucket_of(tmp_path))
    with line(server.endpoint, seed=5, refused=0.15, busy=0.15) as broken:
        said = server.environment["AZURE_STORAGE_CONNECTION_STRING"].replace(server.endpoint, broken.url)
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", said)
        storage = Azure(straight.url, cache=str(tmp_path / "cache"), attempts=8)
        for number in range(4):
            storage.write(f"{number}", bytes(number))
            assert storage.read(f"{number}") == bytes(number)
        storage.move("1", "moved/1")
        assert storage.list("") == ["0", "2", "3", "moved/1"]
    assert straight.list("") == ["0", "2", "3", "moved/1"]


def test_a_server_that_is_silent_is_not_waited_for(server, monkeypatch) -> None:
    with line(server.endpoint, stalled=1.0, seconds=5.0) as silent:
        said = server.environment["AZURE_STORAGE_CONNECTION_STRING"].replace(server.endpoint, silent.url)
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", said)
        with pytest.raises(InputError):
            Azure("abfs://bucket", attempts=1, timeout=0.2).read("a", size=1)
