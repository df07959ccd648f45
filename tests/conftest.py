"""What every test may use: real footage where it is there, a place of its own for everything a run writes."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Where everything is installed (CI), a test that needs a service must not be skipped."""
    outcome = yield
    report = outcome.get_result()
    if os.environ.get("CI") == "true" and report.skipped and item.get_closest_marker("service"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} needs a service and was skipped in CI: {report.longrepr}"


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch) -> Path:
    """The folder under which this test's runs, store and databases are."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("RUNS", str(folder))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    return folder


@pytest.fixture(scope="session")
def tables(tmp_path_factory) -> Path:
    """An MLflow database with nothing in it, made once for all workers: its migrations take seconds, a copy none."""
    from components.ledger.connection import connect  # takes a second, and most tests need none

    shared = tmp_path_factory.getbasetemp()
    made = (shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / "tables.db"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            begun = made.with_suffix(".begun")
            connect(f"sqlite:///{begun}")
            with closing(sqlite3.connect(begun)) as database:
                database.execute("PRAGMA page_size=512")  # of nothing there is a fifth as much to copy
                database.execute("VACUUM")
            begun.rename(made)
    return made


@pytest.fixture(scope="session")
def with_tables(tables) -> Callable[[Path], Path]:
    """Makes a folder of runs, where there is none, in which the ledger has its tables already."""

    def make(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "mlflow.db").exists():
            shutil.copyfile(tables, folder / "mlflow.db")
        return folder

    return make


@pytest.fixture
def command() -> Command:
    """Runs `python -m flows.<name> words...` as a user would; returns the finished process with its text."""

    def run(name: str, *words: str, timeout: float = 240, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"flows.{name}", *words],
            cwd=ROOT, capture_output=True, text=True, timeout=timeout, env={**os.environ, **env}, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def lab4() -> Path:
    """Four real, calibrated cameras that see one room."""
    folder = DATA / "lab4"
    if not folder.is_dir():
        pytest.skip(f"needs real footage in {folder}, which is not part of the project")
    return folder


@pytest.fixture
def pets() -> Path:
    """A real surveillance sequence with ground truth."""
    folder = DATA / "PETS09-S2L1"
    if not folder.is_dir():
        pytest.skip(f"needs real footage in {folder}, which is not part of the project")
    return folder


@pytest.fixture
def data() -> Path:
    """Real footage and small real weights."""
    if not DATA.is_dir():
        pytest.skip(f"needs real footage in {DATA}, which is not part of the project")
    return DATA
