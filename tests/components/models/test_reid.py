"""Re-identification networks learn whom they see, and are exported as they answer."""

import numpy as np
import pytest
import torch

from components.contracts import Camera, Detections, Frame, InputError
from components.models.reid import Reid
from components.networks import Batch
from components.reid.onnx import Appearance
from components.training.export import export


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def network(**words):
    torch.manual_seed(0)
    return Reid("test_resnet", **{"size": (32, 64), "length": 16, **words}).build()


def batch(labels=(0, 1, 0, 1)):
    images = torch.rand((4, 3, 64, 32), generator=torch.Generator().manual_seed(0)) * 0.2
    images[1::2, 0] += 0.7
    named = [torch.tensor([label] if label is not None else [], dtype=torch.int64) for label in labels]
    return Batch(images, [torch.tensor([[0.0, 0, 32, 64]])] * 4, named, [torch.zeros(0, 4)] * 4)


def test_it_learns_who_is_who():
    net = network().train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        loss = net.loss(batch())["contrast"]
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
    with torch.no_grad():
        alike = net(batch().images) @ net(batch().images).T
    assert alike[0, 2] > alike[0, 1] + 0.5


@pytest.mark.parametrize("labels", [(0, 1, 2, 3), (None, None, 0, 1), (None,) * 4])
def test_without_pairs_there_is_nothing_to_learn(labels):
    net = network().train()
    loss = net.loss(batch(labels))["contrast"]
    loss.backward()
    assert float(loss.detach()) == 0


def test_the_export_is_served_by_any_reid_component(tmp_path):
    net = network().eval()
    export(net, tmp_path / "model", size=(32, 64), card={"name": "reid_test_resnet"})
    image = np.random.default_rng(0).integers(0, 256, (64, 32, 3), dtype=np.uint8)
    frame = Frame(Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1))), 0, 0, "", 0, image, np.eye(3))
    found = Detections(np.float32([[0, 0, 32, 64]]), np.ones(1, np.float32), np.zeros(1, np.int64))
    (served,) = Appearance(str(tmp_path / "model" / "model.onnx")).embed([frame], [found])
    with torch.no_grad():
        eager = net(torch.from_numpy(image[..., ::-1].transpose(2, 0, 1).copy())[None].float() / 255).numpy()
    assert np.abs(served.features - eager).max() < 1e-3


@pytest.mark.parametrize("wrong", [{"size": (16, 64)}, {"length": 1}, {"temperature": 0.0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected 32 px or more, 2 or more, above 0"):
        network(**wrong)
