"""Real servers of object stores, each as long as a block: moto for S3, Google's and Azure's emulators."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from components.storage.azure import Azure
from components.storage.gcs import Gcs
from components.storage.s3 import S3
from components.storage.storage import Storage

Kind = Literal["s3", "gcs", "azure"]

S3_SECRET = "hush-hush-s3-secret"
AZURE_SECRET = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # published
S3_KEYS = {"AWS_ACCESS_KEY_ID": "HUSHKEYID", "AWS_SECRET_ACCESS_KEY": S3_SECRET, "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True, slots=True)
class Server:
    """A store that runs; `environment` is what a process needs to use it, `words` what a flow does."""

    kind: Kind
    endpoint: str
    environment: dict[str, str]
    log: Path
    more: dict[str, Any] = field(default_factory=dict)  # arguments of its Storage

    def url(self, bucket: str) -> str:
        return {"s3": "s3", "gcs": "gs", "azure": "abfs"}[self.kind] + f"://{bucket}/ward"

    def words(self, bucket: str) -> list[str]:
        """Overrides of any flow."""
        return [f"storage={self.kind}", f"storage.url={self.url(bucket)}", *(f"storage.{k}={v}" for k, v in self.more.items())]

    def storage(self, bucket: str, **arguments: Any) -> Storage:
        """The bucket, made where it is not there; the environment has to be set."""
        kinds: dict[str, Callable[..., Storage]] = {"s3": S3, "gcs": Gcs, "azure": Azure}
        storage = kinds[self.kind](self.url(bucket), **{**self.more, **arguments})
        if not storage._fs.exists(bucket):
            storage._fs.mkdir(bucket)
        return storage


@contextmanager
def s3() -> Iterator[Server]:
    """The S3 API as moto implements it."""
    with _running([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "{port}"], "/moto-api/", S3_KEYS) as (at, log):
        yield Server("s3", at, {**S3_KEYS, "AWS_ENDPOINT_URL": at}, log)


@contextmanager
def gcs() -> Iterator[Server]:
    """Google Cloud Storage as gcp-storage-emulator implements it."""
    for name in ("gcsfs", "gcp_storage_emulator"):
        if find_spec(name) is None:
            pytest.skip(f"needs {name}: pip install -e '.[test]'")
    script = "import sys; from gcp_storage_emulator.__main__ import main; main(sys.argv[1:])"
    words = [sys.executable, "-c", script, "start", "--host=127.0.0.1", "--port={port}", "--in-memory"]
    with _running(words, "/storage/v1/b?project=ward", {}) as (at, log):
        yield Server("gcs", at, {"STORAGE_EMULATOR_HOST": at}, log, {"project": "ward", "login": "anonymous"})


@contextmanager
def azure() -> Iterator[Server]:
    """Azure Blob Storage as azurite, Microsoft's emulator, implements it."""
    if find_spec("adlfs") is None:
        pytest.skip("needs adlfs: pip install -e '.[test]'")
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip("needs azurite: npm install -g azurite@3.37.0")
    words = [program, "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence", "--blobPort", "{port}"]
    with _running(words, "/devstoreaccount1", {}) as (at, log):
        said = f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={AZURE_SECRET};"
        yield Server("azure", at, {"AZURE_STORAGE_CONNECTION_STRING": f"{said}BlobEndpoint={at}/devstoreaccount1;"}, log)


SERVERS = {"s3": s3, "gcs": gcs, "azure": azure}


@contextmanager
def _running(words: list[str], path: str, environment: dict[str, str]) -> Iterator[tuple[str, Path]]:
    """A server at a port of its own: where it answers, and its log."""
    port = str(_free())
    with tempfile.TemporaryDirectory(prefix="wardflow-store-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            server = subprocess.Popen(
                [word.replace("{port}", port) for word in words],
                stdout=out, stderr=out, cwd=folder, env={**os.environ, **environment},
            )  # fmt: skip
        try:
            _answering(f"http://127.0.0.1:{port}{path}", server, log)
            yield f"http://127.0.0.1:{port}", log
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


def _free() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answering(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert server.poll() is None, log.read_text()
        try:
            urlopen(url, timeout=5).close()
        except HTTPError:  # it answers, if only with a refusal
            return
        except URLError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"no answer within 30 s: {log.read_text()}")


def bucket_of(place: Path) -> str:
    """A bucket name for a test's own folder."""
    return "".join(letter if letter.isalnum() else "-" for letter in place.name.lower()).strip("-")[-40:].strip("-")


def clean(storage: Storage) -> None:
    """Empty the store."""
    for path in storage.list(""):
        storage.remove(path)
