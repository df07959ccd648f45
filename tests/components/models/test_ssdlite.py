"""What is particular to SSDlite: one class beside the background, statistics that keep up, nothing fetched."""

import torch
from torch import nn

from components.models.ssdlite import SsdLite
from components.networks import Batch


def test_it_knows_person_and_background():
    assert SsdLite().build().ssd.head.classification_head.num_columns == 2


def test_normalisation_keeps_up_with_a_short_training():
    momenta = {m.momentum for m in SsdLite().build().modules() if isinstance(m, nn.BatchNorm2d)}
    assert momenta == {0.1}


def test_anchors_cover_the_picture():
    _, anchors = SsdLite().build().eval()._heads(torch.zeros(1, 3, 96, 160))
    assert anchors[:, 0].min() <= 0
    assert anchors[:, 2].max() >= 160
    assert anchors[:, 3].max() >= 96
    assert (anchors[:, 2:] > anchors[:, :2]).all()


def test_a_picture_without_people_matches_no_anchor():
    network = SsdLite().build()
    assert (network._match(torch.zeros((0, 4)), torch.rand(7, 4)) == -1).all()


def test_false_alarms_in_an_ignored_region_are_not_punished():
    torch.manual_seed(0)
    network = SsdLite().build().train()
    person, images = torch.tensor([[10.0, 10, 40, 60]]), torch.rand(1, 3, 64, 96)
    regions = (torch.tensor([[-200.0, -200, 300, 300]]), torch.zeros(0, 4))
    losses = [network.loss(Batch(images, [person], [torch.zeros(1, dtype=torch.int64)], [region])) for region in regions]
    silent, spoken = ({name: float(part.detach()) for name, part in loss.items()} for loss in losses)
    assert silent["classification"] < spoken["classification"]
    assert silent["bbox_regression"] == spoken["bbox_regression"]
