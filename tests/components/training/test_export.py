"""The folder that is served: whole or not at all, and never a graph that answers otherwise."""

import pytest
import torch
from torch import Tensor, nn

from components.networks import Network
from components.training.export import export


class Boxes(Network):
    """One candidate per picture: its mean, and a constant probability; `drift` is added outside of tracing only."""

    stride = 8

    def __init__(self, drift=0.0):
        super().__init__()
        self.scale, self.drift = nn.Parameter(torch.ones(1)), drift

    @property
    def body(self):
        return self

    def loss(self, batch):
        return {}

    def forward(self, images: Tensor) -> Tensor:
        drift = 0.0 if torch.onnx.is_in_onnx_export() else self.drift
        centre = images.mean(dim=(1, 2, 3)) * self.scale + drift
        return torch.stack([centre, centre, centre, centre, centre * 0 + 0.5], dim=1)[..., None]


def test_the_folder_is_whole(tmp_path):
    card = export(Boxes(), tmp_path / "model", size=(16, 8), card={"name": "boxes"})
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["model.json", "model.onnx", "weights.safetensors"]
    assert (card["name"], card["input"]["width"], card["input"]["height"]) == ("boxes", 16, 8)
    assert card["parity"] == {"box_px": pytest.approx(0, abs=1e-5), "score": pytest.approx(0, abs=1e-6)}


def test_a_graph_that_answers_otherwise_is_not_delivered(tmp_path):
    with pytest.raises(RuntimeError, match="the exported graph differs from the network"):
        export(Boxes(drift=1.0), tmp_path / "model", size=(16, 8), card={})
    assert not (tmp_path / "model").exists()


def test_what_a_killed_export_left_is_replaced(tmp_path):
    for name in ("model", "model.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("")
    export(Boxes(), tmp_path / "model", size=(16, 8), card={})
    assert "half" not in [path.name for path in (tmp_path / "model").iterdir()]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_same_network_gives_the_same_bytes(tmp_path):
    first, second = (export(Boxes(), tmp_path / name, size=(16, 8), card={}) for name in "ab")
    assert first == second
