"""Opening the ledger: clear words where it cannot be, one maker of tables among many processes."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from components.contracts import InputError
from components.ledger.connection import connect, home

ROOT = Path(__file__).resolve().parents[3]

USE = """
import sys
from components.ledger.mlflow import Mlflow
with Mlflow(sys.argv[1], experiment="e").open("train", [], {"seed": int(sys.argv[2])}) as run:
    run.metrics({"loss": 1.0}, 1)
"""


def test_processes_that_come_together_all_find_their_tables(tmp_path):
    uri = f"sqlite:///{tmp_path}/new/mlflow.db"
    command = [sys.executable, "-W", "ignore", "-c", USE, uri]
    started = [subprocess.Popen([*command, str(i)], stderr=subprocess.PIPE, text=True, cwd=ROOT) for i in range(3)]
    ends = [(process.communicate()[1], process.returncode) for process in started]
    assert ends == [("", 0)] * 3
    assert len(connect(uri).search_runs(["1"])) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_file_that_is_no_database_gets_one_message(tmp_path):
    (tmp_path / "mlflow.db").write_text("not a database at all, but long enough to have a header")
    with pytest.raises(InputError, match=r"ledger.uri sqlite:.*MLflow cannot use it"):
        connect(f"sqlite:///{tmp_path}/mlflow.db")


def test_a_folder_that_cannot_be_made_gets_one_message(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot create the folder"):
        connect(f"sqlite:///{tmp_path}/file/mlflow.db")


def test_a_server_that_is_away_gets_one_message(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match="the address of an MLflow server that is up"):
        connect(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("uri", "artifacts", "expected"),
    [
        ("sqlite:////a/b/mlflow.db", None, "file:///a/b/artifacts"),
        ("sqlite:////a/b/mlflow.db", "s3://bucket/artifacts", "s3://bucket/artifacts"),
        ("http://server:5000", None, None),
        ("postgresql://server/mlflow", "/shared/artifacts", "file:///shared/artifacts"),
    ],
)
def test_artifacts_have_a_home(uri, artifacts, expected):
    assert home(uri, artifacts) == expected


def test_a_database_without_a_place_for_files_is_refused():
    with pytest.raises(InputError, match=r"ledger.artifacts is empty"):
        home("postgresql://server/mlflow", None)
