"""What is particular to Faster R-CNN: it serves what torchvision would, its draws repeat, torchvision's own weights fit."""

import pytest
import torch
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_fpn

from components.contracts import InputError
from components.models.faster_rcnn import Draw, FasterRcnn
from components.networks import Batch, decode


@pytest.fixture(scope="module")
def network():
    """Taught a little, so that it is sure of something."""
    torch.manual_seed(0)
    made = FasterRcnn("mobilenet_v3_large", candidates=200).build().train()
    optimizer = torch.optim.AdamW(made.parameters(), lr=3e-4)
    images = torch.rand(1, 3, 64, 96) * 0.2
    images[:, :, 6:60, 14:40] += 0.7
    batch = Batch(images, [torch.tensor([[14.0, 6, 40, 60]])], [torch.tensor([0])], [torch.zeros(0, 4)])
    for _ in range(4):
        optimizer.zero_grad()
        torch.stack(list(made.loss(batch).values())).sum().backward()
        optimizer.step()
    made.images = images
    return made.eval()


def test_it_finds_what_torchvision_finds_with_the_same_weights(network):
    """Of its own inference, at a score that is above the fill; suppression differs where chains of regions overlap."""
    theirs = network.net
    theirs.transform.min_size, theirs.transform.max_size = (64,), 96
    theirs.roi_heads.score_thresh, theirs.roi_heads.nms_thresh = 0.05, 0.6
    with torch.no_grad():
        (wanted,) = theirs(list(network.images))
        (mine,) = decode(network(network.images), score=0.05, iou=0.6)
    assert len(wanted["scores"]) > 0
    assert torch.allclose(mine.scores[0], wanted["scores"][0], atol=1e-4)
    assert torch.allclose(mine.boxes[0].clamp(min=0), wanted["boxes"][0], atol=0.1)


def test_torchvisions_weights_for_coco_fit(tmp_path):
    theirs = fasterrcnn_mobilenet_v3_large_fpn(weights=None, weights_backbone=None, num_classes=91).state_dict()
    torch.save({name: tensor for name, tensor in theirs.items() if not name.endswith("num_batches_tracked")}, tmp_path / "w.pth")
    mine = FasterRcnn("mobilenet_v3_large", weights=str(tmp_path / "w.pth")).build().body.state_dict()
    random = {name for name in theirs if mine[name].shape != theirs[name].shape or not torch.equal(mine[name], theirs[name])}
    assert {name.rsplit(".", 2)[0] for name in random} == {"roi_heads.box_predictor"}


def test_the_same_samples_are_drawn_each_time():
    labels = [torch.tensor([0, 1, 0, 2, -1, 0, 0, 1]), torch.zeros(8, dtype=torch.int64)]
    some, none = Draw(4, 0.5)(labels)
    again = Draw(4, 0.5)(labels)
    assert all(torch.equal(a, b) for a, b in zip((*some, *none), (*again[0], *again[1]), strict=True))
    assert [int(mask.sum()) for mask in some] == [2, 0]
    assert [int(mask.sum()) for mask in none] == [2, 4]
    assert not bool((some[0] & (labels[0] < 1)).any() or (none[0] & (labels[0] != 0)).any())


def test_too_few_candidates_are_refused():
    with pytest.raises(InputError, match="candidates is 3; expected 8 or more"):
        FasterRcnn(candidates=3)
