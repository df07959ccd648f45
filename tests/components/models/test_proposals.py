"""The static second look: against torchvision's own pooling and suppression, which handle one region after the other."""

import pytest
import torch
from torchvision.ops import MultiScaleRoIAlign, nms

from components.models.proposals import choose, pooled

FRAME = (320, 192)


def regions(count, *, spread=(8.0, 150.0), seed=0):
    generator = torch.Generator().manual_seed(seed)
    middle = torch.rand(count, 2, generator=generator) * torch.tensor(FRAME)
    size = torch.rand(count, 2, generator=generator) * (spread[1] - spread[0]) + spread[0]
    return torch.cat([middle - size / 2, middle + size / 2], dim=1)


def test_pooling_gives_what_torchvision_gives():
    torch.manual_seed(0)
    levels = [torch.rand(2, 4, 192 // stride, 320 // stride) for stride in (4, 8, 16, 32)]
    boxes = torch.stack([regions(30, seed=seed, spread=(8.0, 600.0)) for seed in (1, 2)])
    boxes[..., 0::2] = boxes[..., 0::2].clamp(0, 320)
    boxes[..., 1::2] = boxes[..., 1::2].clamp(0, 192)
    theirs = MultiScaleRoIAlign(["0", "1", "2", "3"], 7, 2)
    wanted = theirs({str(i): level for i, level in enumerate(levels)}, list(boxes), [(192, 320)] * 2)
    mine = pooled(levels, boxes, [1 / 4, 1 / 8, 1 / 16, 1 / 32], side=7, samples=2, finest=2, coarsest=5)
    assert torch.allclose(mine, wanted, atol=1e-5)


def test_regions_apart_from_each_other_are_chosen_as_ordinary_suppression_does():
    """Clusters of two: where nothing that drops out overlaps a third, both ways agree."""
    corners = torch.tensor([(x * 40.0, y * 40.0) for x in range(8) for y in range(4)])
    alone = torch.cat([corners, corners + 30], dim=1)
    boxes = torch.cat([alone, alone + 1.0])
    scores = torch.randn(len(boxes), generator=torch.Generator().manual_seed(0))
    chosen = choose(boxes[None], scores[None], [len(boxes)], per_level=100, count=50, iou=0.5, frame=FRAME)
    kept = boxes[nms(boxes, scores, 0.5)]
    kept[:, 1::2] = kept[:, 1::2].clamp(max=192)
    assert int(chosen.counting.sum()) == 32
    assert torch.allclose(chosen.boxes[0, chosen.counting[0]], kept[:32], atol=1e-4)


def test_every_picture_has_as_many_and_each_level_is_asked():
    boxes, scores = regions(60).repeat(2, 1, 1), torch.randn(2, 60, generator=torch.Generator().manual_seed(0))
    scores[:, 40:] -= 100  # the second level is never sure
    chosen = choose(boxes, scores, [40, 20], per_level=5, count=8, iou=0.99, frame=FRAME)
    assert chosen.boxes.shape == (2, 8, 4)
    assert bool(chosen.counting.all())
    whole = choose(boxes, scores, [40, 20], per_level=5, count=100, iou=0.99, frame=FRAME)
    assert whole.boxes.shape == (2, 10, 4)


def test_what_drops_out_fills_up_and_counts_for_nothing():
    boxes = torch.tensor([[[0.0, 0, 40, 40], [1.0, 1, 41, 41], [-50.0, -50, -10, -10]]])
    chosen = choose(boxes, torch.tensor([[2.0, 1.0, 0.5]]), [3], per_level=3, count=3, iou=0.5, frame=FRAME)
    assert chosen.counting.tolist() == [[True, False, False]]


@pytest.mark.parametrize("sizes", [[3], [2, 1]])
def test_levels_do_not_suppress_each_other(sizes):
    boxes = torch.tensor([[[0.0, 0, 40, 40], [100.0, 0, 140, 40], [1.0, 1, 41, 41]]])
    chosen = choose(boxes, torch.tensor([[2.0, 1.0, 0.5]]), sizes, per_level=3, count=3, iou=0.5, frame=FRAME)
    assert int(chosen.counting.sum()) == (2 if len(sizes) == 1 else 3)
