"""What looks at people is evaluated like a detector: with tables, plots and what it stands on, in the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from components.contracts import InputError
from components.ledger.mlflow import Mlflow
from flows import _basis, evaluate, ingest, prepare
from tests.flows.ward import SMALL

FLEET = [*SMALL, "only=[bay_a]", "runner=local"]
ROLES = ["nurse", "doctor", "porter", "cleaner", "visitor"]


def network(folder: Path, card: dict[str, Any]) -> Path:
    """A real network, small as can be: the mean colour of a person, mapped to five numbers."""
    folder.mkdir()
    weights = np.random.default_rng(0).normal(0, 1, (3, 5)).astype(np.float32)
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["y"]),
    ]
    shape = lambda name, *axes: helper.make_tensor_value_info(name, TensorProto.FLOAT, axes)  # noqa: E731
    graph = helper.make_graph(
        nodes, "people", [shape("x", "n", 3, 32, 16)], [shape("y", "n", 5)], [numpy_helper.from_array(weights, "w")]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "model.onnx")
    (folder / "model.json").write_text(json.dumps({"input": {"width": 16, "height": 32}, **card}))
    return folder / "model.onnx"


def test_roles_and_features_are_evaluated_into_the_ledger(runs: Path, tmp_path: Path) -> None:
    assert ingest.ingest(FLEET).ok
    dataset = prepare.prepare(FLEET).digests
    card = {"format": "roles", "classes": ROLES, "preprocessing_digest": dataset["preprocessing"]}
    roles = network(tmp_path / "roles", card)
    reid = network(tmp_path / "reid", {"format": "features"})
    ledger = Mlflow(f"sqlite:///{runs}/mlflow.db", experiment="wardflow")
    for of, file, figure in (("roles", roles, "balanced"), ("reid", reid, "rank1")):
        seen = evaluate.evaluate([f"of={of}", f"weights={file}", "split=train", "slices.people=1"])
        assert seen.ok and 0 <= seen.figures[figure] <= 1 and seen.details["objective"] is not None
        kept = ledger._client.get_run(seen.details["ledger_run"])
        assert kept.data.tags["of"] == of and f"{seen.figures['worst_slice'].split(':')[0]}" in " ".join(kept.data.metrics)
        assert ledger.evaluation(kept.info.run_id, artifact=_basis.ARTIFACT).basis["protocol"]["of"] == of
        folder = Path(kept.info.artifact_uri.removeprefix("file://"))
        assert all((folder / entry["path"]).is_file() for entry in json.loads(kept.data.tags["mlflow.loggedArtifacts"]))

    other = network(tmp_path / "other", {**card, "preprocessing_digest": "f" * 64})
    refused = evaluate.evaluate(["of=roles", f"weights={other}", "split=train"])
    assert "was trained with preprocessing ffffffffffff" in next(iter(refused.failures.values()))
    with pytest.raises(InputError, match="a model of format roles; of=reid expects one of format features"):
        evaluate.evaluate(["of=reid", f"weights={roles}"])
    with pytest.raises(InputError, match="no such file"):
        evaluate.evaluate(["of=roles", "weights=nowhere.onnx"])
    with pytest.raises(InputError, match="only of=roles and of=reid take it"):
        evaluate.evaluate(["weights=nowhere.onnx"])
    with pytest.raises(InputError, match="staff_reid"):
        evaluate.evaluate(["of=reid"])
