"""What every trainable model promises: it learns, it answers in one layout, its export agrees, and wrong weights are refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from components.contracts import Camera, Frame, InputError
from components.detectors.onnx import Onnx
from components.letterbox import letterbox
from components.models.ssdlite import SsdLite
from components.networks import CLASSES, Batch, decode
from components.training.export import export
from plugins.ultralytics.yolov8 import YoloV8

MODELS = {"ssdlite": SsdLite, "yolov8n": lambda weights=None: YoloV8("yolov8n", weights=weights)}
WIDTH, HEIGHT = 128, 96
NOWHERE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=sorted(MODELS))
def recipe(request):
    return MODELS[request.param]


@pytest.fixture
def network(recipe):
    torch.manual_seed(0)
    return recipe().build()


def batch(people=((20.0, 10.0, 50.0, 90.0), (70.0, 20.0, 100.0, 80.0)), *, ignored=()):
    """Four pictures, the last one without anybody."""
    images = torch.rand((4, 3, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(0)) * 0.2
    for x0, y0, x1, y1 in people:
        images[:3, :, int(y0) : int(y1), int(x0) : int(x1)] += 0.7
    boxes = torch.tensor(people, dtype=torch.float32).reshape(-1, 4)
    hidden = torch.tensor(ignored, dtype=torch.float32).reshape(-1, 4)
    nobody, nothing = torch.zeros((0, 4)), torch.zeros(0, dtype=torch.int64)
    labels = torch.zeros(len(boxes), dtype=torch.int64)
    return Batch(images, [boxes] * 3 + [nobody], [labels] * 3 + [nothing], [hidden] * 3 + [nobody])


def total(network, pictures):
    return torch.stack(list(network.loss(pictures).values())).sum()


def test_it_learns(network):
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    losses = []
    for _ in range(6):
        loss = total(network.train(), batch())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.9 * losses[0]


def test_every_weight_is_reached(network):
    total(network.train(), batch()).backward()
    still = [name for name, p in network.named_parameters() if p.requires_grad and p.grad is None]
    assert still == []


@pytest.mark.parametrize("people", [(), ((20.0, 10.0, 50.0, 90.0),)])
def test_pictures_without_people_are_lessons_too(network, people):
    loss = total(network.train(), batch(people))
    loss.backward()
    assert torch.isfinite(loss)


def test_ignored_regions_do_not_break_the_loss(network):
    assert torch.isfinite(total(network.train(), batch(ignored=((70.0, 20.0, 100.0, 80.0),))))


def test_candidates_have_the_declared_layout(network):
    with torch.no_grad():
        raw = network.eval()(batch().images)
    assert raw.shape[:2] == (4, 4 + len(CLASSES))
    assert ((raw[:, 4:] >= 0) & (raw[:, 4:] <= 1)).all()
    assert (raw[:, 2:4] >= 0).all()


def test_sides_may_be_any_multiple_of_the_stride(network):
    with torch.no_grad():
        for sides in ((64, 96), (96, 64)):
            assert torch.isfinite(network.eval()(torch.zeros(1, 3, *sides))).all()


def test_the_seed_decides_the_first_weights(recipe):
    states = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        states.append(torch.cat([p.detach().flatten() for p in recipe().build().parameters()]))
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_weights_go_round(recipe, network, tmp_path):
    save_file({name: tensor.contiguous() for name, tensor in network.body.state_dict().items()}, tmp_path / "w.safetensors")
    again = recipe(weights=str(tmp_path / "w.safetensors")).build()
    with torch.no_grad():
        assert torch.equal(again.eval()(batch().images), network.eval()(batch().images))


def test_weights_of_another_architecture_get_one_message(recipe, tmp_path):
    save_file({"backbone.weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=rf"other.safetensors: not of architecture {recipe().name}: .* Choose the model="):
        recipe(weights=str(tmp_path / "other.safetensors")).build()


def test_the_export_is_served_as_the_network_answers(network, tmp_path):
    """From native pixels to native pixels: letterbox, graph and decoding against the network in torch."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    for _ in range(4):  # away from the symmetry of fresh weights
        total(network.train(), batch()).backward()
        optimizer.step()
    folder = tmp_path / "model"
    card = export(network, folder, size=(WIDTH, HEIGHT), card={"name": "test"})
    assert card["parity"]["box_px"] < 0.05
    assert card["parity"]["score"] < 1e-3
    assert json.loads((folder / "model.json").read_text()) == card
    assert sorted(path.name for path in Path(tmp_path).iterdir()) == ["model"]

    image = np.random.default_rng(1).integers(0, 255, (150, 300, 3), dtype=np.uint8)
    image[40:140, 60:110] = 230
    frames = [
        Frame(Camera("c", "", NOWHERE), 0, i, "", 0, picture, np.eye(3))
        for i, picture in enumerate((image, image[:, ::-1].copy()))
    ]
    served = Onnx(str(folder / "model.onnx"), score=0.011, iou=0.6).detect(frames)
    for frame, mine in zip(frames, served, strict=True):
        fitted, scale = letterbox(frame.image, WIDTH, HEIGHT)
        pixels = torch.from_numpy(fitted[..., ::-1].transpose(2, 0, 1).copy()).float()[None] / 255
        with torch.no_grad():
            (eager,) = decode(network.eval()(pixels), score=0.011, iou=0.6)
        boxes = eager.boxes.numpy() / scale
        inside = np.clip(boxes, 0, (300, 150, 300, 150))
        count = min(len(mine), len(eager.scores), 5)
        assert count > 0
        assert np.abs(mine.scores[:count] - eager.scores.numpy()[:count]).max() < 1e-3
        assert np.abs(mine.boxes[:count] - inside[:count]).max() < 0.2
