"""From cameras to a page, through the commands that a user types, on footage small enough for a test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=12", "width=320", "height=180")]
QUICK = [
    *(f"trainer.{word}" for word in ("epochs=1", "epoch_steps=6", "batch_size=2", "image_size=[160,96]")),
    "+trainer.threads=1",
]


def newest(runs, flow):
    return json.loads(sorted(runs.glob(f"{flow}/*/*/summary.json"))[-1].read_text())


def done(command, name, *words):
    result = command(name, *words)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory, with_tables):
    """Footage, a dataset and a registered model, made once for the tests of this file; they only add to it."""
    runs = with_tables(tmp_path_factory.mktemp("whole") / "runs")
    env = {**os.environ, "RUNS": str(runs)}
    for words in (["ingest", *SMALL], ["prepare", *SMALL], ["train", *QUICK], ["promote"]):
        subprocess.run([sys.executable, "-m", f"flows.{words[0]}", *words[1:]], cwd=ROOT, env=env, check=True, timeout=240)
    return runs


@pytest.fixture
def runs(trained, monkeypatch):
    monkeypatch.setenv("RUNS", str(trained))
    return trained


def test_a_finished_training_is_found_again(runs, command):
    assert "nothing to do" in done(command, "train", *QUICK)
    assert newest(runs, "train")["figures"]["model"] == "staff_detector/1"


def test_the_ledger_knows_what_the_model_is_made_of(runs):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{runs}/mlflow.db")
    version = client.get_model_version_by_alias("staff_detector", "champion")
    assert {"digest.cameras", "digest.chain", "digest.dataset", "digest.config"} <= version.tags.keys()
    run = client.get_run(version.run_id)
    assert version.tags["digest.dataset"] == newest(runs, "prepare")["digests"]["dataset"]
    assert run.inputs.dataset_inputs[0].dataset.digest == version.tags["digest.dataset"][:36]
    assert run.data.tags["git_commit"]
    assert run.data.tags["diff"] == " ".join(QUICK)
    names = {item.path for item in client.list_artifacts(version.run_id)}
    assert {"config.yaml", "diff_against_defaults.txt", "model"} <= names


def test_tracks_of_recorded_footage_are_judged_on_time_that_the_model_has_not_seen(runs, command):
    easy = ["detector.score=0.01", "tracker.track_thresh=0.02", "tracker.min_conf=0.01"]
    words = ["footage=recorded", "sampling=fixed_5fps", *easy, *SMALL]
    assert "staff_detector/1" in done(command, "track", *words)
    summary = newest(runs, "track")
    assert summary["digests"]["dataset"] == newest(runs, "prepare")["digests"]["dataset"]
    assert summary["figures"]["frames"] == 4 * 60
    assert "nothing to do" in done(command, "track", *words)
    done(command, "evaluate", "of=tracks")
    figures = newest(runs, "evaluate")["figures"]
    assert figures["frames_left_out"] > figures["frames"] > 0
    assert {"hota", "idf1", "mota"} <= figures.keys()


def test_a_model_is_judged_on_its_dataset_and_refused_on_one_of_another_chain(runs, command):
    done(command, "evaluate")
    assert 0 <= newest(runs, "evaluate")["figures"]["map50"] <= 1
    from mlflow import MlflowClient

    card = MlflowClient(f"sqlite:///{runs}/mlflow.db").get_model_version("staff_detector", "1").description
    assert "## Licence" in card and "## Evaluated on test of dataset" in card and "| camera " in card
    done(command, "prepare", "preprocessing=gray_640x480", *SMALL)
    gray = newest(runs, "prepare")["digests"]["dataset"]
    refused = command("evaluate", f"dataset={gray}")
    assert refused.returncode == 1
    assert "cannot be compared" in refused.stdout


def test_serving_refuses_another_chain_than_the_model_was_trained_with(runs, command):
    refused = command("track", "preprocessing=gray_640x480", *SMALL)
    assert refused.returncode == 2
    assert "trained with another chain" in refused.stderr


def test_a_training_that_was_killed_ends_in_the_same_weights(runs, command, tmp_path):
    dataset = "dataset=" + json.loads(sorted(runs.glob("train/*/*/summary.json"))[0].read_text())["digests"]["dataset"]
    words = [*QUICK, dataset, "trainer.epoch_steps=3", "trainer.epochs=4", "seed=7"]
    env = {**os.environ, "RUNS": str(runs)}
    before = set((runs / "work").rglob("*.ckpt"))
    process = subprocess.Popen([sys.executable, "-m", "flows.train", *words], cwd=ROOT, env=env, start_new_session=True)
    deadline = time.monotonic() + 120
    while not set((runs / "work").rglob("*.ckpt")) - before and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert set((runs / "work").rglob("*.ckpt")) - before, "it was killed before its first checkpoint"
    done(command, "train", *words)
    killed = newest_weights(runs)
    done(command, "train", *words, f"work={tmp_path}/elsewhere", "ledger.experiment=again", "name=again")
    assert killed == newest_weights(runs)


def newest_weights(runs):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{runs}/mlflow.db")
    versions = sorted(client.search_model_versions(), key=lambda version: version.creation_timestamp)
    return versions[-1].tags["sha256.weights.safetensors"]


def test_the_dashboard_answers_and_ends_when_told(runs):
    command = [sys.executable, "-m", "flows.dashboard", "port=0"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "RUNS": str(runs)}, stdout=subprocess.PIPE, text=True)
    try:
        address = next(line for line in process.stdout if line.startswith("the dashboard is at ")).split()[4]
        with urllib.request.urlopen(f"{address}/api/plan", timeout=10) as answer:
            assert "Corridor" in answer.read().decode()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        process.stdout.close()


def test_other_runtimes_serve_what_was_exported_and_see_the_same(runs, command):
    words = [*SMALL, "only=[bay_a]", "runner=local", "detector.score=0.01", "sampling.fps=2"]
    refused = command("track", *words, "detector.runtime=openvino")
    assert refused.returncode == 2
    assert "has no model.f32.xml" in refused.stderr and "flows.export weights=models:/staff_detector/1" in refused.stderr
    done(command, "export", "formats=[openvino]", "frames=4", "rounds=1", "split=val", "score=0.01")
    assert newest(runs, "export")["figures"]["same.openvino"] == 1
    assert "nothing to do" in done(command, "export", "formats=[openvino]", "frames=4", "rounds=1", "split=val", "score=0.01")
    found = []
    for runtime in ("onnx", "openvino", "torch"):
        done(command, "track", *words, f"detector.runtime={runtime}")
        found.append(newest(runs, "track")["figures"])
    assert len({each["run"] for each in found}) == 3, "what runs a network may decide what it sees"
    assert {each["sightings"] for each in found} == {found[0]["sightings"]}
