"""What is particular to the YOLO family: architectures by name, gains of the loss, regions that teach nothing."""

import logging

import pytest
import torch
from torch import nn

from components.contracts import InputError, file_digest
from components.models.published import Published, fetch
from components.networks import Batch
from plugins.ultralytics.offline import import_offline
from plugins.ultralytics.yolo import Yolo


@pytest.mark.parametrize(
    ("name", "millions"),
    [("yolov8n", 3.0), ("yolov8s", 11.1), ("yolov8m", 25.9), ("yolo11n", 2.6), ("yolo11s", 9.4), ("yolo26n", 2.5)],
)
def test_architectures_have_their_size(name, millions):
    network = Yolo(name).build()
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.1)
    assert Yolo(name).name == name


def test_normalisation_keeps_up_with_a_short_training():
    momenta = {m.momentum for m in Yolo("yolov8n").build().modules() if isinstance(m, nn.BatchNorm2d)}
    assert momenta == {0.1}


def batch(boxes, ignored):
    box, region = (torch.tensor(rows, dtype=torch.float32).reshape(-1, 4) for rows in (boxes, ignored))
    return Batch(torch.rand(1, 3, 64, 64), [box], [torch.zeros(len(box), dtype=torch.int64)], [region])


def test_regions_that_count_for_nothing_are_silent_except_where_somebody_is():
    network = Yolo("yolov8n").build()
    features = [torch.zeros(1, 1, side, side) for side in (8, 4, 2)]
    strides = torch.tensor([8.0, 16.0, 32.0])
    silent = network._background(features, strides, batch([(0, 0, 16, 64)], [(0, 0, 32, 64)]))
    assert silent.shape == (1, 84, 1)
    grid = silent[0, :64, 0].reshape(8, 8)
    assert (grid[:, :2] == 1).all()  # the person in front
    assert (grid[:, 2:4] == 0).all()  # the hidden one behind
    assert (grid[:, 4:] == 1).all()  # the floor


def test_a_false_alarm_in_an_ignored_region_costs_nothing():
    torch.manual_seed(0)
    network = Yolo("yolov8n").build().train()
    everywhere, nowhere = batch([], [(0, 0, 64, 64)]), batch([], [])
    assert float(network.loss(everywhere)["class"].detach()) == 0.0
    assert float(network.loss(nowhere)["class"].detach()) > 0.0


@pytest.fixture
def given_away(tmp_path):
    """A checkpoint as ultralytics publishes them: the network itself, pickled, in half precision, with COCO's 80 classes."""
    torch.manual_seed(0)
    model = import_offline("ultralytics.nn.tasks").DetectionModel("yolov8n.yaml", nc=80, verbose=False)
    torch.save({"epoch": -1, "model": model.half(), "ema": None, "train_args": {"data": "coco.yaml"}}, tmp_path / "yolov8n.pt")
    return tmp_path / "yolov8n.pt", {name: tensor.clone() for name, tensor in model.state_dict().items()}


def test_a_pickled_network_is_refused_with_the_command_that_copies_its_tensors(given_away):
    path, _ = given_away
    with pytest.raises(
        InputError, match=rf"is not run; .* python -m components\.models\.pickled {path} .*yolov8n\.safetensors copies"
    ):
        Yolo("yolov8n", weights=str(path)).build()


def test_published_weights_for_80_classes_give_all_but_the_class_branch(given_away, tmp_path, caplog):
    path, theirs = given_away
    entry = Published(url=f"file://{path}", sha256=file_digest(path), megabytes=6.5, licence="AGPL-3.0", holds="model")
    place = fetch("coco", {"coco": entry}, folder=tmp_path / "cache")
    with caplog.at_level(logging.INFO):
        mine = Yolo("yolov8n", weights=str(place)).build().body.state_dict()
    assert mine.keys() == theirs.keys()
    random = {
        name
        for name in theirs
        if mine[name].shape != theirs[name].shape or not torch.equal(mine[name], theirs[name].to(mine[name].dtype))
    }
    assert random
    assert all(name.startswith("model.22.cv3.") for name in random)
    assert "as the file was made for other classes: model.22.cv3.0." in caplog.text
