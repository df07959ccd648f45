"""A small network in every form that this machine can run: the same people, whatever runs it."""

import json
import sys

import numpy as np
import onnx
import pytest
import torch

from components.contracts import InputError
from components.detectors.exports import exporting
from components.detectors.exports.feeding import fed
from components.detectors.onnx import Onnx
from components.evaluation.parity import Tolerance, parity
from components.evaluation.speed import race


class Tiny(torch.nn.Module):
    """Sees somebody in each cell of 8 px as far as that is bright, for pictures of any size."""

    def __init__(self):
        super().__init__()
        self.convs = torch.nn.ModuleList([torch.nn.Conv2d(3, 5, stride, stride) for stride in (8, 16, 32)])
        for stride, conv in zip((8, 16, 32), self.convs, strict=True):
            torch.nn.init.zeros_(conv.bias)
            with torch.no_grad():
                conv.weight.zero_()
                conv.weight[4] = 1 / (3 * stride * stride)
        self.out = torch.nn.Conv1d(5, 5, 1)
        with torch.no_grad():
            self.out.weight.copy_(torch.eye(5)[..., None])
            self.out.bias.copy_(torch.tensor([30.0, 20, 12, 16, 0]))

    def forward(self, images):
        return self.out(torch.cat([conv(images).flatten(2) for conv in self.convs], dim=2))


@pytest.fixture
def weights(tmp_path):
    path, axes = tmp_path / "model.onnx", {"images": {0: "batch"}, "output": {0: "batch"}}
    with pytest.warns(DeprecationWarning):
        torch.onnx.export(
            Tiny().eval(), (torch.zeros(2, 3, 64, 96),), str(path), dynamo=False, opset_version=17, input_names=["images"],
            output_names=["output"], dynamic_axes=axes,
        )  # fmt: skip
    layout = {"width": 96, "height": 64, "color": "rgb", "scale": 1 / 255}
    (tmp_path / "model.json").write_text(json.dumps({"format": "yolov8", "input": layout, "classes": ["person"]}))
    return path


@pytest.fixture
def frames(frame_of):
    """Dark, and bright in one place each."""
    images = [np.full((64, 96, 3), 20, np.uint8) for _ in range(4)]
    for i, image in enumerate(images):
        image[:, i * 16 : i * 16 + 32] = 220
    return [frame_of(image) for image in images]


FORMS = [(runtime, precision) for runtime in ("onnx", "openvino") for precision in ("f32", "f16", "int8")]


@pytest.mark.parametrize(("runtime", "precision"), FORMS)
def test_every_form_sees_what_the_graph_sees(weights, frames, tmp_path, runtime, precision):
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("model.onnx", "model.json"):
        (folder / name).write_bytes((tmp_path / name).read_bytes())
    made = exporting.write(weights, folder, runtime, precision, fed(weights, frames))
    assert all(path.is_file() for path in made)
    assert bool(made) == ((runtime, precision) != ("onnx", "f32"))
    form = Onnx(str(folder / "model.onnx"), runtime=runtime, precision=precision)
    near = parity(Onnx(str(weights)).detect(frames), form.detect(frames), least=0.1, edge=0.02)
    assert near.detections >= 4
    assert near.beyond(Tolerance(box_px_max=0.5, score_max={"f32": 1e-4, "f16": 5e-3, "int8": 0.06}[precision])) == []


def test_int8_holds_integers(weights, frames, tmp_path):
    (path,) = exporting.write(weights, tmp_path, "onnx", "int8", fed(weights, frames))
    kinds = [node.op_type for node in onnx.load(path).graph.node]
    assert kinds.count("QuantizeLinear") >= 3


def test_it_is_fed_what_it_serves(weights, frames):
    blobs = fed(weights, frames)
    assert [blob.shape for blob in blobs] == [(1, 3, 64, 96)] * 4
    assert blobs[0].dtype == np.float32 and blobs[0].max() == pytest.approx(220 / 255)


@pytest.mark.parametrize(
    ("runtime", "precision", "said"),
    [
        ("torch", "f32", "it is what flows.train writes"),
        ("openvino", "bf16", "it is exported in f32, f16, int8"),
        ("onnx", "int8", "no picture to calibrate with"),
    ],
)
def test_what_cannot_be_written_says_why(weights, tmp_path, runtime, precision, said):
    with pytest.raises(InputError, match=said):
        exporting.write(weights, tmp_path, runtime, precision, [])


def test_what_the_machine_lacks_is_named(weights, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    monkeypatch.delitem(sys.modules, "components.detectors.exports.tensorrt", raising=False)
    with pytest.raises(InputError, match=r"formats=\[tensorrt\]: this machine has no tensorrt"):
        exporting.write(weights, tmp_path, "tensorrt", "f16", [])


def test_a_race_runs_all_on_the_same_frames(weights, frames):
    detectors, speeds = race({"a": lambda: Onnx(str(weights)), "b": lambda: Onnx(str(weights))}, frames, rounds=3)
    assert set(detectors) == {"a", "b"} and speeds["a"].milliseconds.shape == (3, 4)
    assert speeds["a"].times_as_fast_as(speeds["a"]) == 1 and speeds["b"].median > 0
