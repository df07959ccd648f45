"""What is particular to FCOS: torchvision's own weights fit, ignored regions are silent, classifiers' files fill the backbone."""

import logging

import torch
from safetensors.torch import save_file
from torchvision.models import resnet18
from torchvision.models.detection import fcos_resnet50_fpn

from components.models.fcos import Fcos
from components.networks import Batch


def written(state, folder):
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, folder / "w.safetensors")
    return str(folder / "w.safetensors")


def test_weights_for_the_91_classes_of_coco_give_all_but_the_last_layer(tmp_path, caplog):
    theirs = fcos_resnet50_fpn(weights=None, weights_backbone=None, num_classes=91).state_dict()
    frozen = {name: tensor for name, tensor in theirs.items() if not name.endswith("num_batches_tracked")}
    with caplog.at_level(logging.INFO):
        mine = Fcos("resnet50", weights=written(frozen, tmp_path)).build().body.state_dict()
    random = {name for name in theirs if not torch.equal(mine[name], theirs[name]) or mine[name].shape != theirs[name].shape}
    assert random == {"head.classification_head.cls_logits.weight", "head.classification_head.cls_logits.bias"}
    assert "of fcos_resnet50 loaded; 2 begin at random, as the file was made for other classes" in caplog.text


def test_a_classifiers_file_fills_the_backbone(tmp_path, caplog):
    theirs = resnet18(weights=None).state_dict()
    with caplog.at_level(logging.INFO):
        mine = Fcos("resnet18", weights=written(theirs, tmp_path)).build().body.state_dict()
    assert all(
        torch.equal(mine[f"backbone.body.{name}"], tensor) for name, tensor in theirs.items() if not name.startswith("fc.")
    )
    assert "begin at random, as the file is of the backbone alone: backbone.fpn." in caplog.text


def test_a_false_alarm_in_an_ignored_region_costs_nothing():
    torch.manual_seed(0)
    network = Fcos("resnet18").build().train()
    losses = []
    for region in (torch.tensor([[-1.0, -1, 97, 65]]), torch.zeros(0, 4)):
        nobody = Batch(torch.rand(1, 3, 64, 96), [torch.zeros(0, 4)], [torch.zeros(0, dtype=torch.int64)], [region])
        losses.append(float(network.loss(nobody)["classification"].detach()))
    assert losses[0] < 1e-6 < losses[1]
