"""A database of each kind: an SQLite file, and a real PostgreSQL server that the tests start themselves."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.database import views
from components.database.database import Database
from components.database.schema import Base


def _programs() -> Path:
    """The folder of initdb and pg_ctl, newest version first; the test is skipped where there is none."""
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if not folders:
        pytest.skip("needs a PostgreSQL server: sudo apt-get install postgresql")
    return max(folders, key=lambda path: float(path.parent.name))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server that runs as long as the tests."""
    programs, root = _programs(), os.geteuid() == 0
    user = ["runuser", "-u", "postgres", "--"] if root else []
    folder = Path(tempfile.mkdtemp(prefix="wardflow-postgres-", dir="/tmp"))  # short: its socket's name has 107 bytes
    if root:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
    stop = [*user, str(programs / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "-w", "stop"]
    try:
        _run(*user, str(programs / "initdb"), "-D", str(folder / "data"), "-U", "ward", "-A", "trust", "--no-sync")
        pg_ctl = [*user, str(programs / "pg_ctl"), "-D", str(folder / "data"), "-l", str(folder / "log")]
        _run(*pg_ctl, "-o", options, "-w", "start")
        yield f"postgresql+psycopg://ward:secret@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(stop, cwd="/", capture_output=True, timeout=60, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _run(*words: str) -> None:
    with tempfile.TemporaryFile() as out:  # a pipe would stay open as long as the server runs
        code = subprocess.run(words, cwd="/", stdout=out, stderr=out, timeout=120, check=False).returncode
        out.seek(0)
        assert code == 0, out.read().decode()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ward.db"
        return
    address = request.getfixturevalue("postgres")
    yield address
    database = Database(address)
    with database.engine.begin() as connection:
        views.drop(connection)
    Base.metadata.drop_all(database.engine)
    database.close()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()
