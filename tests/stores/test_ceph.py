"""The contract, and what moto does not check, on a server of S3 that people run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.contracts import InputError
from components.storage.s3 import S3
from components.storage.storage import Storage
from tests.contracts.test_storage import TestStorage as Contract
from tests.stores.ceph import SECRET, ceph
from tests.stores.servers import Server, bucket_of

pytestmark = pytest.mark.slow
MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def gateway() -> Iterator[Server]:
    with ceph() as server:
        yield server


@pytest.fixture
def storage(gateway: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    for name, value in gateway.environment.items():
        monkeypatch.setenv(name, value)
    return gateway.storage(bucket_of(tmp_path), cache=str(tmp_path / "cache"), part_megabytes=5)


class TestCeph(Contract):
    """The same as every kind."""

    def test_large_files_go_in_parts(self, storage: Storage, tmp_path: Path) -> None:
        content = os.urandom(23 * MEBIBYTE + 17)
        (tmp_path / "large").write_bytes(content)
        storage.put(tmp_path / "large", "large")
        storage.move("large", "moved")
        assert storage.fetch("moved").read_bytes() == content
        fs, at = storage.behind("moved")
        assert fs.info(at)["size"] == len(content)

    def test_wrong_keys_are_refused_and_not_told(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush-hush-and-wrong")
        with pytest.raises(InputError, match="refused; check the credentials in the environment") as caught:
            S3(storage.url, options={"skip_instance_cache": True}).write("a", b"1")
        assert "hush" not in str(caught.value) and SECRET not in str(caught.value)
