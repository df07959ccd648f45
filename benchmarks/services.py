"""Databases and stores that can be taken away and come back."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Protocol

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


class Service(Protocol):
    """Something under a URL."""

    url: str

    def leave(self) -> None: ...

    def come(self) -> None: ...


class Database(Service, Protocol):
    """A database."""

    def __enter__(self) -> Database: ...

    def __exit__(self, *error: object) -> None: ...


class Store(Service, Protocol):
    """A store, the option of the group `storage` that opens it, and what the environment has to say."""

    group: str
    env: dict[str, str]

    def __enter__(self) -> Store: ...

    def __exit__(self, *error: object) -> None: ...


class Sqlite:
    """A file that somebody else has locked while it is away."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "wardflow.db"
        self.url = f"sqlite:///{self._file}"
        self._lock: sqlite3.Connection | None = None

    def __enter__(self) -> Sqlite:
        return self

    def __exit__(self, *error: object) -> None:
        self.come()

    def leave(self) -> None:
        self._lock = sqlite3.connect(self._file, isolation_level=None, timeout=30)
        self._lock.execute("BEGIN IMMEDIATE")

    def come(self) -> None:
        if self._lock:
            self._lock.execute("ROLLBACK")
            self._lock.close()
        self._lock = None


class Postgres:
    """A server of its own, stopped while it is away."""

    def __enter__(self) -> Postgres:
        folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
        if not folders:
            raise SystemExit("needs a PostgreSQL server: sudo apt-get install postgresql")
        programs, root = max(folders, key=lambda path: float(path.parent.name)), os.geteuid() == 0
        user = ["runuser", "-u", "postgres", "--"] if root else []
        self._folder = Path(tempfile.mkdtemp(prefix="wardflow-postgres-", dir="/tmp"))  # a socket's name has 107 bytes
        if root:
            shutil.chown(self._folder, "postgres")
        port = _free()
        data = ["-D", str(self._folder / "data")]
        self._ctl = [*user, str(programs / "pg_ctl"), *data, "-w", "-l", str(self._folder / "log")]
        self._ctl += ["-o", f"-p {port} -h 127.0.0.1 -k {self._folder}"]
        self._run([*user, str(programs / "initdb"), *data, "-U", "ward", "-A", "trust", "--no-sync"])
        self.come()
        self.url = f"postgresql+psycopg://ward@127.0.0.1:{port}/postgres"
        return self

    def __exit__(self, *error: object) -> None:
        self.leave()
        shutil.rmtree(self._folder, ignore_errors=True)

    def leave(self) -> None:
        self._run([*self._ctl, "-m", "immediate", "stop"])

    def come(self) -> None:
        self._run([*self._ctl, "start"])

    def _run(self, words: list[str]) -> None:
        with (self._folder / "said").open("a") as out:
            subprocess.run(words, cwd="/", stdout=out, stderr=out, timeout=60, check=True)


class Folder:
    """A folder, with a file in its place while it is away."""

    group = "local"

    def __init__(self, runs: Path) -> None:
        self._place = runs / "store"
        self.url, self.env = str(self._place), dict[str, str]()

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *error: object) -> None:
        """It stays."""

    def leave(self) -> None:
        self._place.rename(self._place.with_name("elsewhere"))
        self._place.write_text("away")

    def come(self) -> None:
        self._place.unlink()
        self._place.with_name("elsewhere").rename(self._place)


class S3:
    """A server that speaks S3, frozen while it is away: it takes connections and never answers."""

    group = "s3"

    def __enter__(self) -> S3:
        port = _free()
        self.env = {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        os.environ.update(self.env)
        words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.env['AWS_ENDPOINT_URL']}/moto-api/"):
                    break
            except urllib.error.URLError:
                time.sleep(0.1)
        import s3fs

        s3fs.S3FileSystem().mkdir("ward")
        self.url = "s3://ward/live"
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()

    def leave(self) -> None:
        self._process.send_signal(19)  # SIGSTOP

    def come(self) -> None:
        self._process.send_signal(18)  # SIGCONT


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
