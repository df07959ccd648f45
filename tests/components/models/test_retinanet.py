"""What is particular to RetinaNet: torchvision's own weights fit, also under their old names; ignored anchors are left out."""

import torch
from torchvision.models.detection import retinanet_resnet50_fpn

from components.models.retinanet import RetinaNet


def old(name):
    """As torchvision 0.9, whose file is the published one, called it."""
    for head in ("classification_head", "regression_head"):
        for i in range(4):
            name = name.replace(f"{head}.conv.{i}.0.", f"{head}.conv.{2 * i}.")
    for block in ("inner_blocks", "layer_blocks"):
        for i in range(3):
            name = name.replace(f"{block}.{i}.0.", f"{block}.{i}.")
    return name


def test_published_weights_fit_under_their_old_names(tmp_path):
    theirs = retinanet_resnet50_fpn(weights=None, weights_backbone=None, num_classes=91).state_dict()
    torch.save(
        {old(name): tensor for name, tensor in theirs.items() if not name.endswith("num_batches_tracked")}, tmp_path / "w.pth"
    )
    mine = RetinaNet(weights=str(tmp_path / "w.pth")).build().body.state_dict()
    assert mine.keys() == theirs.keys()
    assert {name for name in theirs if mine[name].shape != theirs[name].shape or not torch.equal(mine[name], theirs[name])} == {
        "head.classification_head.cls_logits.weight", "head.classification_head.cls_logits.bias",
    }  # fmt: skip


def test_anchors_in_ignored_regions_are_left_out():
    network = RetinaNet("resnet18").build()
    anchors = torch.tensor([[0.0, 0, 20, 20], [40.0, 40, 60, 60], [80.0, 0, 100, 20]])
    people, ignored = torch.tensor([[0.0, 0, 20, 20]]), torch.tensor([[35.0, 35, 70, 70]])
    assert network._match(anchors, people, ignored).tolist() == [0, -2, -1]
    assert network._match(anchors, people[:0], ignored).tolist() == [-1, -2, -1]
