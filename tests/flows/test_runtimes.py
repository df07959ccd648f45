"""One word says what runs a model; what that needs is found, or the message says how to make it."""

from __future__ import annotations

import json

import pytest

from components.contracts import InputError, file_digest
from components.ledger.registry import Resolved
from flows import _runtimes

MODEL = {"_target_": "components.models.ssdlite.SsdLite", "weights": "coco", "published": {"coco": {}}}
CARD = {"model": _runtimes.recipe(MODEL)}


@pytest.fixture
def found(tmp_path):
    names = ("model.onnx", "weights.safetensors", "model.f32.xml", "model.f32.bin")
    for name in names:
        (tmp_path / name).write_text(name)
    (tmp_path / "model.json").write_text(json.dumps(CARD))
    sums = {name: file_digest(tmp_path / name) for name in names}
    return Resolved(name="staff_detector", version="3", folder=tmp_path, digests={}, sums=sums)


def test_a_recipe_builds_the_network_whatever_its_weights_were():
    assert _runtimes.recipe(MODEL) == {"_target_": "components.models.ssdlite.SsdLite"}


def test_what_runs_is_what_has_the_digest(found):
    plain = _runtimes.registered({"weights": "models:/staff_detector@champion"}, found, CARD)
    assert plain.detector == {"weights": str(found.folder / "model.onnx")} and plain.digest == found.sums["model.onnx"]
    openvino = _runtimes.registered({"weights": "", "runtime": "openvino", "precision": "bf16"}, found, CARD)
    assert openvino.digest == f"{found.sums['model.f32.xml']}+{found.sums['model.f32.bin']}"
    torch = _runtimes.registered({"weights": "", "runtime": "torch"}, found, CARD)
    assert torch.detector["network"] == CARD["model"] and torch.digest == found.sums["weights.safetensors"]


def test_a_file_that_was_never_registered_is_not_run(found):
    (found.folder / "model.int8.onnx").write_text("put there by somebody")
    with pytest.raises(
        InputError, match=r"has no model.int8.onnx.*flows.export weights=models:/staff_detector/3 formats=\[onnx\] pre"
    ):
        _runtimes.registered({"weights": "", "runtime": "onnx", "precision": "int8"}, found, CARD)


def test_a_card_of_before_networks_were_noted_down_says_so(found):
    with pytest.raises(InputError, match="its card does not say which network"):
        _runtimes.registered({"weights": "", "runtime": "torch"}, found, {})


def test_a_file_of_the_user_finds_its_card_and_what_lies_beside_it(found):
    weights = str(found.folder / "model.onnx")
    assert _runtimes.in_file({"weights": weights}).digest == found.sums["model.onnx"]
    assert _runtimes.in_file({"weights": weights, "runtime": "torch"}).detector["network"] == CARD["model"]
    other = {"weights": weights, "runtime": "onnx", "precision": "int8"}
    assert _runtimes.in_file(other).digest == found.sums["model.onnx"], "it will be refused where it is built"
    assert _runtimes.in_file({"_target_": "components.detectors.hog.Hog"}).digest == ""
