"""Models that a config names by their place in the registry, wherever in it they stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.contracts import InputError, file_digest
from components.ledger.mlflow import Digests, Mlflow
from components.preprocessing.chain import digest
from flows import _models

STANDARD = [{"_target_": "components.preprocessing.resize.Resize", "width": 320}]


@pytest.fixture
def config(tmp_path):
    """A registry with one role classifier, trained on pictures as they are, and a config that uses it."""
    folder, spec = tmp_path / "trained", {"uri": f"sqlite:///{tmp_path}/mlflow.db", "experiment": "test"}
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"weights")
    card = {"onnx": file_digest(folder / "model.onnx"), "preprocessing": [], "preprocessing_digest": digest([])}
    (folder / "model.json").write_text(json.dumps(card))
    ledger = Mlflow(**spec)
    with ledger.open("train", [], {"seed": 0}) as run:
        run.artifacts(folder, path="model")
        ledger.register(run, name="staff_role", folder=folder, digests=Digests(cameras="", chain="", dataset="", config=""))
    ledger.promote("staff_role", version="1", alias="champion")
    uniform = {"_target_": "components.identity.uniform.Uniform", "weights": "models:/staff_role@champion", "threads": 1}
    return {
        "ledger": {"_target_": "components.ledger.mlflow.Mlflow", **spec}, "model_cache": str(tmp_path / "cache"),
        "detector": {"_target_": "components.detectors.hog.Hog"}, "preprocessing": [],
        "identity": {"_target_": "components.identity.fused.Fused", "evidence": {"uniform": uniform}},
    }  # fmt: skip


def test_a_model_of_identity_becomes_a_file_and_part_of_what_is_seen(config):
    resolved = _models.resolve(config, [])
    uniform = resolved.config["identity"]["evidence"]["uniform"]
    assert uniform["weights"].startswith(config["model_cache"])
    assert uniform["threads"] == 1
    assert config["identity"]["evidence"]["uniform"]["weights"] == "models:/staff_role@champion"
    without = _models.resolve({**config, "identity": {"_target_": "components.identity.unknown.Unknown"}}, [])
    assert resolved.identity == [without.identity, [file_digest(Path(uniform["weights"]))]]


def test_pictures_that_it_was_not_trained_on_are_refused(config):
    with pytest.raises(InputError, match="model staff_role/1: trained with another preprocessing chain"):
        _models.resolve({**config, "preprocessing": STANDARD}, [])


def test_a_model_that_nobody_trained_is_named(config):
    config["identity"]["evidence"]["uniform"]["weights"] = "models:/staff_rule@champion"
    with pytest.raises(InputError, match="nothing is registered as 'staff_rule'"):
        _models.resolve(config, [])
