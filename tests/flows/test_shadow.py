"""A challenger beside the champion: the champion's run is the one of flows.track, and the report says how they compare."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
from mlflow import MlflowClient
from onnx import TensorProto, helper, numpy_helper

from components.contracts import InputError
from components.database.database import Database
from components.database.runs import Runs
from flows import _shadowed
from flows.shadow import shadow
from flows.track import track
from tests.flows.ward import files, table

SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=2", "width=320", "height=180", "fps=5")]
WARD = ["only=[bay_a,corridor]", *SMALL, "detector=onnx", "runner=local"]


def network(path, *people):
    """One that sees these (x, y, width, height, score) in pictures of 96x64, wherever it looks."""
    output = np.zeros((1, 5, 126), np.float32)
    for i, person in enumerate(people):
        output[0, :, i] = person
    nodes = [
        helper.make_node("Shape", ["images"], ["n"], start=0, end=1),
        helper.make_node("Concat", ["n", "rest"], ["shape"], axis=0),
        helper.make_node("Expand", ["value", "shape"], ["output0"]),
    ]
    known = [numpy_helper.from_array(output, "value"), numpy_helper.from_array(np.array([5, 126], np.int64), "rest")]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, 64, 96])
    answer = helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["n", 5, 126])
    graph = helper.make_graph(nodes, "constant", [images], [answer], known)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return str(path)


@pytest.fixture
def models(tmp_path):
    first, second = (30, 30, 10, 20, 0.9), (70, 30, 10, 20, 0.6)
    return network(tmp_path / "one.onnx", first, second), network(tmp_path / "two.onnx", first)


def test_the_champion_does_what_it_always_does_and_the_report_says_who_saw_what(models, runs):
    champion, challenger = models
    alone = track([*WARD, f"detector.weights={champion}"])
    before = files(runs / "store")
    found = shadow([*WARD, f"detector.weights={champion}", f"challenger={challenger}"])
    assert not found.failures and files(runs / "store") == before
    assert found.figures["both"] == found.figures["only_champion"] == found.figures["frames"] == 20
    assert found.figures["agreement"] == pytest.approx(2 / 3) and found.figures["dropped"] == 0
    again = shadow([*WARD, f"detector.weights={champion}", f"challenger={challenger}"])
    assert again.figures["frames"] == 20, "a comparison is made anew, as often as it is asked for"
    kept = Runs(Database(f"sqlite:///{runs}/wardflow.db")).newest("track")
    assert kept is not None and kept["run_key"] == alone.details["run_key"]
    assert {row[0] for row in table(runs, "select distinct run from latest_sightings")} <= {alone.details["run_key"]}
    client = MlflowClient(tracking_uri=f"sqlite:///{runs}/mlflow.db")
    names = {each.path for each in client.list_artifacts(found.details["run"])}
    assert {"shadow.html", "shadow.json", "tables"} <= names
    assert client.get_run(found.details["run"]).data.metrics["agreement.camera.bay_a"] == pytest.approx(2 / 3)
    assert not list((runs / "work" / "shadow").iterdir()), "pictures of people stay no longer than needed"


def test_a_challenger_that_fails_is_reported_and_the_champion_has_finished(models, monkeypatch):
    class Broken:
        def detect(self, _frames):
            raise RuntimeError("the weights are of another world")

    made = _shadowed._wiring.make
    monkeypatch.setattr(
        _shadowed._wiring, "make", lambda value, hint=None: Broken() if _is(value, "two.onnx") else made(value, hint)
    )
    found = shadow([*WARD, f"detector.weights={models[0]}", f"challenger={models[1]}"])
    assert list(found.failures) == ["challenger, bay_a, corridor"]
    assert "of another world" in found.failures["challenger, bay_a, corridor"]
    assert found.status == "failed" and track([*WARD, f"detector.weights={models[0]}"]).figures["frames"] == 20


def _is(value, name):
    return isinstance(value, dict) and str(value.get("weights", "")).endswith(name)


def test_what_is_in_charge_is_no_challenger_of_itself(models):
    with pytest.raises(InputError, match="is what is in charge; give another version"):
        shadow([*WARD, f"detector.weights={models[0]}", f"challenger={models[0]}"])


def test_the_challenger_has_its_own_chain_and_colour_where_it_needs_it(models):
    gray = [{"_target_": "components.preprocessing.gray.Gray"}]
    small = [{"_target_": "components.preprocessing.resize.Resize", "width": 160}]

    class Resolved:
        def __init__(self, chain):
            self.config = {"detector": {"weights": "x"}, "preprocessing": chain}
            self.identity = chain

    same = _shadowed.beside(Resolved(small), Resolved(list(small)), {}, "folder")
    own = _shadowed.beside(Resolved(small), Resolved(gray), {}, "folder")
    assert same["preprocessing"] is None and own["preprocessing"] == gray and json.dumps(own)
    with pytest.raises(InputError, match="wants colour"):
        _shadowed.beside(Resolved(gray), Resolved(small), {}, "folder")
