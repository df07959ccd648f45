"""What every option of the group `model` promises: it learns, its export answers alike in one layout, wrong weights are refused.

Those that take seconds for a step are built whole, and put through the rest with a smaller backbone; `make soak` puts all of them
through the rest as they are.
"""

import copy
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from components.contracts import Camera, Frame, InputError
from components.detectors.onnx import Onnx
from components.letterbox import letterbox
from components.networks import CLASSES, Batch, Classifier, Describer, Model, Network, decode
from components.training.export import export, write_onnx
from components.training.lessons import lesson_of
from components.training.trainer import Trainer
from flows import _launch, _wiring

SMALLER = {  # what stands in for an option whose class has a quick one of the same kind
    "fcos": {"backbone": "resnet18"},
    "retinanet": {"backbone": "resnet18"},
    "faster_rcnn": {"backbone": "resnet18", "candidates": 30},
    "faster_rcnn_mobilenet": {"candidates": 30},
    "timm_detector": {"backbone": "mobilenetv3_small_050", "channels": 32, "depth": 1},
    "role_resnet18": {"backbone": "test_resnet"},
    "reid_resnet18": {"backbone": "test_resnet"},
    "yolo11s": {"architecture": "yolo11n"},
    "yolov8s": {"architecture": "yolov8n"},
    "yolov8m": {"architecture": "yolov8n"},
}
SAME = {"yolo11s", "yolov8s", "yolov8m", "fcos", "faster_rcnn"}  # their classes of networks are there already
RATES = {"retinanet": 1e-4, "faster_rcnn_mobilenet": 3e-4}  # of learning; 1e-3 throws anchor boxes about
WIDTH, HEIGHT = 96, 64
NOWHERE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
OPTIONS = _launch.options()["model"]
QUICK = [name for name in OPTIONS if name not in SAME]
DETECTORS = [name for name in QUICK if not name.startswith(("role", "reid"))]
AS_THEY_ARE = [pytest.param(name, marks=pytest.mark.slow) for name in SMALLER]


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def recipe(option: str, **words) -> Model:
    return _wiring.make({**_launch.compose("train", [f"model={option}"])["model"], **words})


def small(option: str, **words) -> Model:
    return recipe(option, **SMALLER.get(option, {}), **words)


def batch(network: Network, people=((14.0, 6.0, 36.0, 60.0), (52.0, 12.0, 76.0, 56.0)), *, ignored=()) -> Batch:
    """Three pictures, the last one without anybody; for classifiers, four of two kinds."""
    if isinstance(network, Classifier | Describer):
        width, height = network.size
        images = torch.rand((4, 3, height, width), generator=torch.Generator().manual_seed(0)) * 0.2
        images[1::2, 0] += 0.7
        whole = torch.tensor([[0.0, 0.0, width, height]])
        return Batch(images, [whole] * 4, [torch.tensor([i % 2]) for i in range(4)], [torch.zeros((0, 4))] * 4)
    images = torch.rand((3, 3, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(0)) * 0.2
    for x0, y0, x1, y1 in people:
        images[:2, :, int(y0) : int(y1), int(x0) : int(x1)] += 0.7
    boxes = torch.tensor(people, dtype=torch.float32).reshape(-1, 4)
    hidden = torch.tensor(ignored, dtype=torch.float32).reshape(-1, 4)
    nobody, labels = torch.zeros((0, 4)), torch.zeros(len(boxes), dtype=torch.int64)
    return Batch(images, [boxes] * 2 + [nobody], [labels] * 2 + [labels[:0]], [hidden] * 3)


def total(network, pictures):
    return torch.stack(list(network.loss(pictures).values())).sum()


def weight(network):
    return float(sum(p.detach().double().sum() for p in network.parameters()))


@dataclass
class Taught:
    """A network after a few steps on one batch."""

    network: Network
    first: float  # the sum of its first weights
    losses: list[float]
    still: list[str]  # weights that the first step did not reach


@cache
def taught(option: str, steps: int = 5) -> Taught:
    torch.manual_seed(0)
    network = small(option).build().train()
    first = weight(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATES.get(option, 1e-3))
    pictures, losses, still = batch(network), [], []
    for step in range(steps):
        optimizer.zero_grad()
        loss = total(network, pictures)
        loss.backward()
        if step == 0:
            still = [name for name, p in network.named_parameters() if p.requires_grad and p.grad is None]
        optimizer.step()
        losses.append(float(loss.detach()))
    return Taught(network.eval(), first, losses, still)


@pytest.mark.parametrize("option", OPTIONS)
def test_it_is_built_as_its_file_says(option):
    network = recipe(option).build()
    assert isinstance(network, Network)
    assert sum(p.numel() for p in network.parameters()) > 10_000
    assert recipe(option).name


@pytest.mark.parametrize("option", QUICK)
def test_it_learns_and_every_weight_does(option):
    result = taught(option)
    assert np.isfinite(result.losses).all()
    assert result.losses[-1] < 0.9 * result.losses[0]
    assert result.still == []


@pytest.mark.parametrize("option", QUICK)
def test_its_weights_go_round(option, tmp_path):
    network = taught(option).network
    save_file({name: tensor.contiguous() for name, tensor in network.body.state_dict().items()}, tmp_path / "w.safetensors")
    again = small(option, weights=str(tmp_path / "w.safetensors")).build().eval()
    with torch.no_grad():
        assert torch.equal(again(batch(network).images), network(batch(network).images))


@pytest.mark.parametrize("option", QUICK)
def test_weights_of_another_architecture_get_one_message(option, tmp_path):
    save_file({"backbone.weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=rf"other.safetensors: not of architecture {small(option).name}.*Choose the model="):
        small(option, weights=str(tmp_path / "other.safetensors")).build()


@pytest.mark.parametrize("option", QUICK)
def test_the_seed_decides_the_first_weights(option):
    torch.manual_seed(0)
    assert weight(small(option).build()) == taught(option).first
    assert weight(small(option).build()) != taught(option).first


@pytest.mark.parametrize("option", QUICK)
def test_an_input_that_it_cannot_take_is_refused(option):
    stride = taught(option).network.stride
    if stride > 1:
        with pytest.raises(InputError, match=rf"image_size is \[{3 * stride + 1}, 64\]; .* needs multiples of {stride}"):
            Trainer(epochs=1, image_size=(3 * stride + 1, 64)).check_size(stride, option)


@pytest.mark.parametrize("option", DETECTORS)
def test_pictures_without_people_are_lessons_too(option):
    network = copy.deepcopy(taught(option).network).train()
    loss = total(network, batch(network, ()))
    loss.backward()
    assert torch.isfinite(loss)


@pytest.mark.parametrize("option", DETECTORS)
@pytest.mark.parametrize("people", [(), ((14.0, 6.0, 36.0, 60.0),)])
def test_ignored_regions_do_not_break_the_loss(option, people):
    network = copy.deepcopy(taught(option).network).train()
    with torch.no_grad():
        for region in ((52.0, 12.0, 76.0, 56.0), (-WIDTH, -HEIGHT, 2.0 * WIDTH, 2.0 * HEIGHT)):
            assert torch.isfinite(total(network, batch(network, people, ignored=(region,))))


@pytest.mark.parametrize("option", DETECTORS)
def test_candidates_have_the_declared_layout_at_any_multiple_of_the_stride(option):
    network = taught(option).network
    with torch.no_grad():
        for sides in ((64, 96), (96, 64)):
            raw = network(torch.rand(2, 3, *sides))
            assert raw.shape[:2] == (2, 4 + len(CLASSES))
            assert torch.isfinite(raw).all()
            assert ((raw[:, 4:] >= 0) & (raw[:, 4:] <= 1)).all()
            assert (raw[:, 2:4] >= 0).all()


@pytest.mark.parametrize("option", QUICK)
def test_the_export_is_served_as_the_network_answers(option, tmp_path):
    """The graph against the network in torch; for a detector, from native pixels to native pixels."""
    network, folder = copy.deepcopy(taught(option).network), tmp_path / "model"
    size = getattr(network, "size", (WIDTH, HEIGHT))
    card = export(network, folder, size=size, card={"name": "test"})  # refuses where they differ by more than the lesson allows
    assert json.loads((folder / "model.json").read_text()) == card
    assert sorted(path.name for path in Path(tmp_path).iterdir()) == ["model"]
    if option not in DETECTORS:
        return
    assert card["parity"]["box_px"] < 0.05
    assert card["parity"]["score"] < 1e-3
    image = np.random.default_rng(1).integers(0, 255, (150, 300, 3), dtype=np.uint8)
    image[40:140, 60:110] = 230
    frames = [
        Frame(Camera("c", "", NOWHERE), 0, i, "", 0, picture, np.eye(3))
        for i, picture in enumerate((image, image[:, ::-1].copy()))
    ]
    served = Onnx(str(folder / "model.onnx"), score=0.001, iou=0.6, sides="whole").detect(frames)
    for frame, mine in zip(frames, served, strict=True):
        fitted, scale = letterbox(frame.image, WIDTH, HEIGHT)
        pixels = torch.from_numpy(fitted[..., ::-1].transpose(2, 0, 1).copy()).float()[None] / 255
        with torch.no_grad():
            (eager,) = decode(network(pixels), score=0.001, iou=0.6)
        inside = np.clip(eager.boxes.numpy() / scale, 0, (300, 150, 300, 150))
        count = min(len(mine), len(eager.scores), 3)
        assert count > 0
        assert np.abs(mine.scores[:count] - eager.scores.numpy()[:count]).max() < 1e-3
        assert np.abs(mine.boxes[:count] - inside[:count]).max() < 0.2


@pytest.mark.parametrize("option", AS_THEY_ARE)
def test_those_that_take_seconds_as_they_are(option, tmp_path):
    torch.manual_seed(0)
    network = recipe(option).build().train()
    loss = total(network, batch(network))
    loss.backward()
    assert torch.isfinite(loss)
    size = getattr(network, "size", (WIDTH, HEIGHT))
    write_onnx(network.eval(), tmp_path / "model.onnx", size=size)
    assert export(network, tmp_path / "model", size=size, card={"name": option})["parity"]
    assert lesson_of(network).decisive
