"""What only S3 has: parts, encryption headers, endpoints; and lines to it that break."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from components.contracts import InputError
from components.storage.s3 import S3
from tests.stores.proxy import line
from tests.stores.servers import S3_SECRET, Server, bucket_of
from tests.stores.servers import s3 as running

MEBIBYTE = 2**20
KEY = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def environment(server, monkeypatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def head(storage, path: str) -> dict:
    bucket, _, prefix = storage.root.partition("/")
    return storage._fs.call_s3("head_object", Bucket=bucket, Key=f"{prefix}/{path}")


def parts(storage, path: str) -> int:
    """How many parts the upload had: S3 says so behind the dash of the ETag; 0 for one that was sent at once."""
    _, dash, number = head(storage, path)["ETag"].strip('"').partition("-")
    return int(number) if dash else 0


def test_large_files_go_in_parts(server, tmp_path) -> None:
    storage = server.storage(bucket_of(tmp_path), part_megabytes=5, cache=str(tmp_path / "cache"))
    content = os.urandom(23 * MEBIBYTE + 17)
    (tmp_path / "large").write_bytes(content)
    storage.put(tmp_path / "large", "put")
    storage.write("written", content)
    storage.write("small", content[: 9 * MEBIBYTE])
    assert [parts(storage, name) for name in ("put", "written", "small")] == [5, 5, 0]
    assert storage.read("put") == storage.read("written") == content
    assert storage.read("put", start=5 * MEBIBYTE - 3, size=7) == content[5 * MEBIBYTE - 3 :][:7]
    assert storage.fetch("put").read_bytes() == content


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"encryption": "s3"}, ("AES256", None)),
        ({"encryption": "kms", "kms_key": KEY}, ("aws:kms", KEY)),
    ],
)
def test_every_way_into_the_store_is_encrypted(server, tmp_path, how, expected) -> None:
    storage = server.storage(bucket_of(tmp_path), part_megabytes=5, **how)
    (tmp_path / "large").write_bytes(bytes(11 * MEBIBYTE))
    storage.put(tmp_path / "large", "put")
    storage.write("written", b"1")
    storage.write("to move", b"1")
    storage.move("to move", "moved")
    for path in ("put", "written", "moved"):
        about = head(storage, path)
        assert (about["ServerSideEncryption"], about.get("SSEKMSKeyId")) == expected, path
    assert parts(storage, "put") == 3
    assert storage.read("moved") == b"1"


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(InputError, match="expected s3://bucket/prefix"):
        S3("gs://bucket")
    with pytest.raises(InputError, match=r"storage\.kms_key is 'a' and storage\.encryption s3; expected kms"):
        S3("s3://bucket", encryption="s3", kms_key="a")
    with pytest.raises(InputError, match=r"storage\.options\.secret is a secret"):
        S3("s3://bucket", options={"secret": "hush-hush"})


def test_keys_that_are_not_there_are_named_by_their_variables(server, monkeypatch, tmp_path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(InputError, match=r"check storage\.url and the credentials in the environment"):
        S3("s3://bucket", attempts=1).read("a")


@pytest.mark.parametrize("seed", range(2))
def test_over_a_line_that_breaks_everything_arrives(server, tmp_path, seed) -> None:
    """Refused, busy, cut in the middle of an answer: botocore and we ask again, and nothing is short or missing."""
    bucket = bucket_of(tmp_path)
    straight = server.storage(bucket)
    with line(server.endpoint, seed=seed, refused=0.1, busy=0.1, cut=0.15) as broken:
        storage = S3(straight.url, endpoint=broken.url, attempts=8, cache=str(tmp_path / "cache"), part_megabytes=5)
        storage._fs.connect()
        large = os.urandom(11 * MEBIBYTE)
        (tmp_path / "large").write_bytes(large)
        storage.put(tmp_path / "large", "large")
        for number in range(6):
            storage.write(f"{number}", bytes(number))
            assert storage.read(f"{number}") == bytes(number)
        storage.move("1", "moved/1")
        assert storage.fetch("large").read_bytes() == large
        assert storage.read_ranges([("large", 0, 5), ("5", 0, 5)]) == [large[:5], bytes(5)]
        troubled = sum(count for fate, count in broken.counts.items() if fate != "well")
    assert troubled > 0
    assert straight.list("") == ["0", "2", "3", "4", "5", "large", "moved/1"]
    assert straight.read("large") == large


def test_a_server_that_is_silent_is_not_waited_for(server, tmp_path) -> None:
    straight = server.storage(bucket_of(tmp_path))
    straight.write("a", b"1")
    with line(server.endpoint, stalled=1.0, seconds=5.0) as silent:
        storage = S3(straight.url, endpoint=silent.url, attempts=1, timeout=0.3)
        with pytest.raises(InputError) as caught:
            storage.read("a")
    assert S3_SECRET not in str(caught.value)
