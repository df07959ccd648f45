"""A training is repeated by its own code, from the ledger alone, and what does not agree is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from components.contracts import InputError
from components.ledger.connection import connect
from flows import ROOT, _code, _repeated
from flows.reproduce import _words

SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=2", "width=160", "height=90")]
TRAIN = [
    "model=ssdlite", *(f"trainer.{word}" for word in ("epochs=1", "epoch_steps=2", "batch_size=2", "image_size=[160,96]")),
    "+trainer.threads=1",
]  # fmt: skip
needs_git = pytest.mark.skipif(not _code.commit().name, reason="needs a git checkout, whose commits are repeated")


@needs_git
def test_code_that_was_never_committed_is_repeated_bit_by_bit(tmp_path, runs):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    network = clone / "components" / "models" / "ssdlite.py"
    committed = network.read_text()

    def flow(name: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", f"flows.{name}", *words]
        env = {**os.environ, "PYTHONPATH": str(clone), "RUNS": str(runs)}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=240, check=False)

    two = "only=[bay_a,corridor]"
    assert flow("ingest", *SMALL, two).returncode == 0
    assert flow("prepare", *SMALL, two, "runner=local", "sampling=fixed_5fps").returncode == 0
    network.write_text(f"{committed}\n# tried out, never committed\n")
    assert flow("train", *TRAIN).returncode == 0
    network.write_text(committed)
    done = flow("reproduce")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bit-identical" in done.stdout
    said = json.loads(next(runs.glob("reproduce/*/*/summary.json")).read_text())["figures"]
    tags = connect(f"sqlite:///{runs}/mlflow.db").get_run(said["run"]).data.tags
    assert tags["reproduces"] == said["reproduces"] != said["run"]
    assert tags["git_dirty"] == "true"
    assert not list(runs.glob("reproduced/*/code")) and not list(runs.glob("reproduced/*/work"))


def finished(config: str = "c", **metrics: float) -> SimpleNamespace:
    return SimpleNamespace(tags={"config_digest": config}, metrics=metrics)


@pytest.fixture
def weights(tmp_path):
    def weights(value: float, name: str = "a") -> Path:
        file = tmp_path / f"{name}{value}.safetensors"
        save_file({name: torch.full((2,), value)}, file)
        return file

    return weights


def test_what_does_not_agree_is_named(weights):
    same, near, far = weights(1.0), weights(1.00001), weights(2.0)
    one = finished(map50=0.5)
    assert _repeated.compared(one, finished(map50=0.5), [same, same], 0)[1] == {}
    figures, failures = _repeated.compared(one, finished(map50=0.5), [same, near], 1e-4)
    assert not failures and "differ by up to" in figures["weights"]
    assert set(_repeated.compared(one, finished(map50=0.6), [same, far], 1e-4)[1]) == {"metrics", "weights"}
    assert set(_repeated.compared(one, finished(), [same, weights(1.0, "b")], 1e-4)[1]) == {"metrics", "weights"}
    assert set(_repeated.compared(one, finished("d", map50=0.5), [same, same], 1e-4)[1]) == {"config"}


def test_other_package_versions_are_said():
    assert _repeated.environment({"version.numpy": "0.1", "version.torch": torch.__version__.split("+")[0]})[0].startswith(
        "numpy "
    )


@needs_git
def test_an_unknown_commit_and_a_patch_that_does_not_apply_are_refused(tmp_path):
    with pytest.raises(InputError, match="is not in this checkout"), _repeated.checkout(tmp_path / "one", "0" * 40, ""):
        pass
    wrong = "diff --git a/nothing.py b/nothing.py\n--- a/nothing.py\n+++ b/nothing.py\n@@ -1 +1 @@\n-a\n+b\n"
    with pytest.raises(InputError, match="do not apply"), _repeated.checkout(tmp_path / "two", _code.commit().name, wrong):
        pass
    assert not (tmp_path / "two").exists()


def test_the_places_are_those_of_today_and_the_dataset_is_named_by_digest():
    recorded = "model=ssdlite\nstorage.url=gone\ndataset=latest\nagain=true\ntrainer.epochs=1\n"
    words = _words(recorded, ["run=latest", "storage.url=here"], "d1")
    assert words == ["model=ssdlite", "trainer.epochs=1", "storage.url=here", "dataset=d1", "again=true"]
