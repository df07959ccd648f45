import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from components.contracts import InputError
from components.detectors.onnx import Onnx
from components.detectors.runtimes import files


class Body(torch.nn.Module):
    """Sees one person wherever it looks, with the score that is its weight."""

    def __init__(self):
        super().__init__()
        self.score = torch.nn.Parameter(torch.zeros(1))

    @property
    def body(self):
        return self

    def forward(self, images):
        answer = torch.zeros(len(images), 5, 126)
        answer[:, :, 0] = torch.tensor([30.0, 20, 10, 20, 0])
        answer[:, 4, 0] = self.score
        return answer


class Recipe:
    def build(self):
        return Body()


@pytest.fixture
def weights(network):
    output = np.zeros((1, 5, 126), np.float32)
    output[0, :, 0] = [30, 20, 10, 20, 0.9]
    return network({"output0": output}, batch="n")


def test_torch_answers_as_the_graph_does_from_tensors_beside_it(weights, frame_of, tmp_path):
    save_file({"score": torch.full((1,), 0.9)}, tmp_path / "weights.safetensors")
    frames = [frame_of(np.full((128, 192, 3), 90, np.uint8))] * 2
    before = torch.get_rng_state()
    for one, other in zip(
        Onnx(weights, runtime="torch", network=Recipe()).detect(frames), Onnx(weights).detect(frames), strict=True
    ):
        assert one.boxes.tolist() == other.boxes.tolist() == [[50, 20, 70, 60]]
        assert one.scores == pytest.approx(other.scores)
    assert torch.equal(before, torch.get_rng_state())


def test_tensors_of_another_network_are_refused(weights, tmp_path):
    save_file({"other": torch.zeros(3)}, tmp_path / "weights.safetensors")
    with pytest.raises(InputError, match=r"weights.safetensors: of another network than Body"):
        Onnx(weights, runtime="torch", network=Recipe())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"runtime": "torch"}, "runtime=torch needs detector.network"),
        ({"network": Recipe()}, "no other runtime takes it"),
        ({"runtime": "torch", "network": Recipe()}, r"weights.safetensors is not there; flows.train writes it"),
        ({"precision": "int8"}, r"model.int8.onnx is not there; python -m flows.export .*formats=\[onnx\] precision=int8"),
        ({"runtime": "openvino", "precision": "int8"}, r"model.int8.xml is not there; python -m flows.export"),
        ({"precision": "bf16"}, "precision=bf16: detector.runtime=onnx has f32, f16, int8"),
        ({"runtime": "tensorrt", "device": "cpu"}, "device=cpu: detector.runtime=tensorrt runs on cuda only"),
        ({"runtime": "tensorrt"}, r"model.f32.plan is not there"),
    ],
)
def test_what_cannot_run_says_why_and_what_to_do(weights, settings, said):
    with pytest.raises(InputError, match=said):
        Onnx(weights, **settings)


def test_what_the_machine_lacks_is_named(weights, tmp_path):
    (tmp_path / "model.f32.plan").write_bytes(b"of some GPU")
    with pytest.raises(InputError, match=r"has no tensorrt|has no GPU"):
        Onnx(weights, runtime="tensorrt", device="cuda")


def test_files_lie_beside_the_weights(tmp_path):
    names = [path.name for path in files(tmp_path / "model.onnx", "openvino", "bf16")]
    assert names == ["model.f32.xml", "model.f32.bin"]
