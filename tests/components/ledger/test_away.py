"""An MLflow server that is away, or goes away: what a run has to say waits in order, and arrives once."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from components.contracts import digest_of
from components.ledger.mlflow import Digests, Mlflow
from components.ledger.run import WAITING

CONFIG = {"seed": 0}
DATASET = "d" * 64
DIGESTS = Digests(cameras="a" * 64, chain="c" * 64, dataset=DATASET, config=digest_of(CONFIG))


class Server:
    """A real MLflow server that can be switched off and on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def on(self) -> None:
        places = [
            "--backend-store-uri",
            f"sqlite:///{self._folder}/server.db",
            "--artifacts-destination",
            f"{self._folder}/files",
        ]
        words = ["server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1", *places]
        quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, cwd=self._folder, env={**os.environ, **quiet},
        )  # fmt: skip
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{self.uri}/health", timeout=5).close()
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("the server did not start")

    def off(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@pytest.fixture
def server(tmp_path, tables):
    shutil.copyfile(tables, tmp_path / "server.db")
    found = Server(tmp_path)
    yield found
    found.off()


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")


def ledger(server: Server, tmp_path: Path) -> Mlflow:
    return Mlflow(server.uri, experiment="e", spool=str(tmp_path / "spool"))


def train(known: Mlflow, tmp_path: Path, meanwhile=lambda: None):
    model = tmp_path / "model"
    model.mkdir(exist_ok=True)
    for name in ("model.onnx", "model.json"):
        (model / name).write_text(name)
    with known.open("train", ["seed=0"], CONFIG, dataset=DATASET, title="train it") as run:
        run.metrics({"map50": 0.25}, 1)
        meanwhile()
        run.metrics({"map50": 0.5}, 2)
        run.artifacts(model, path="model")
        run.tag("more", "said")
        return run, known.register(run, name="staff", folder=model, digests=DIGESTS)


def test_a_server_that_goes_away_in_the_middle_and_one_that_was_never_there(server, tmp_path):
    server.on()
    run, version = train(ledger(server, tmp_path), tmp_path, server.off)
    assert version == WAITING and run.waits
    away, second = train(ledger(server, tmp_path), tmp_path)
    assert second == WAITING and ledger(server, tmp_path).waiting() == sorted(ledger(server, tmp_path).waiting())
    assert len(ledger(server, tmp_path).waiting()) == 2 and ledger(server, tmp_path).deliver() == []
    assert ledger(server, tmp_path).find(CONFIG, dataset=DATASET) is None
    server.on()
    known = ledger(server, tmp_path)
    first, begun = known.deliver()
    assert first == run.id and begun != away.id and known.waiting() == [] and known.deliver() == []
    for id_ in (first, begun):
        kept = known._client.get_run(id_)
        assert kept.info.status == "FINISHED" and kept.info.run_name == "train it" and kept.data.tags["more"] == "said"
        assert [(one.step, one.value) for one in known._client.get_metric_history(id_, "map50")] == [(1, 0.25), (2, 0.5)]
        assert known.record(id_).config == CONFIG
    fetched = known.resolve("models:/staff/2", folder=tmp_path / "cache")
    assert (fetched.folder / "model.onnx").read_text() == "model.onnx" and fetched.digests["dataset"] == DATASET
    assert known.find(CONFIG, dataset=DATASET) is not None


def test_delivering_twice_is_delivering_once(server, tmp_path):
    run, _ = train(ledger(server, tmp_path), tmp_path)
    (folder,) = (tmp_path / "spool").glob("*/*-run")
    copy = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    server.on()
    known = ledger(server, tmp_path)
    (first,) = known.deliver()
    for path, content in copy.items():  # as if the process had been killed just before it noted that all was delivered
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    assert known.deliver() == [first]
    assert len(known._client.search_runs([known._experiment])) == 1
    assert len(known._client.search_model_versions("name = 'staff'")) == 1
    assert len(known._client.get_metric_history(first, "map50")) == 2
    assert run.id == folder.name


def test_what_a_run_has_to_say_is_not_delivered_while_it_goes_on(server, tmp_path):
    known = ledger(server, tmp_path)
    with known.open("train", [], CONFIG, title="x") as run:
        run.metrics({"a": 1.0}, 0)
        server.on()
        assert ledger(server, tmp_path).deliver() == []
        run.metrics({"a": 2.0}, 1)
    assert known.waiting() == []  # delivered when it ended
    (found,) = ledger(server, tmp_path)._client.search_runs([ledger(server, tmp_path)._experiment])
    assert found.info.run_name == "x" and found.data.metrics["a"] == 2.0


def test_half_a_word_on_the_disk_is_left_out(server, tmp_path):
    train(ledger(server, tmp_path), tmp_path)
    (ops,) = (tmp_path / "spool").glob("*/*-run/ops.jsonl")
    with ops.open("a") as file:
        file.write('{"do": "bat')
    server.on()
    assert len(ledger(server, tmp_path).deliver()) == 1
