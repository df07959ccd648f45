"""Chooses where a two-stage detector looks twice, with arrays of one size whatever the picture, so that it can be exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import roi_align

CANONICAL = 224.0  # px: a region of this side belongs to level 4 (Lin et al. 2017, arXiv 1612.03144, equation 1)


@dataclass(frozen=True, slots=True)
class Proposals:
    """The regions of each picture, best first. Every picture has as many; those that count for nothing fill up."""

    boxes: Tensor  # (b, k, 4) xyxy in pixels
    counting: Tensor  # (b, k) bool


def choose(
    boxes: Tensor, scores: Tensor, sizes: Sequence[int], *, per_level: int, count: int, iou: float, frame: tuple[int, int]
) -> Proposals:
    """The best regions of all levels. `boxes` is (b, n, 4), `scores` (b, n), `sizes` how many of n belong to each level.

    Each level gives its `per_level` best. Of those, in each level, one that a better one overlaps by more than `iou` drops out,
    also where the better one drops out itself (Fast NMS; Bolya et al. 2019, arXiv 1904.02689): ordinary suppression has to go
    through them one by one. The `count` best of what is left are the answer. `frame` is the picture's width and height.
    """
    picked, firsts = [], [sum(sizes[:i]) for i in range(len(sizes))]
    for first, size in zip(firsts, sizes, strict=True):
        picked.append(scores[:, first : first + size].topk(min(per_level, size), dim=1).indices + first)
    level = torch.cat([boxes.new_full((picks.shape[1],), float(i)) for i, picks in enumerate(picked)])
    rows = torch.cat(picked, dim=1)
    score, order = scores.gather(1, rows).sort(dim=1, descending=True)
    rows, level = rows.gather(1, order), level[order]
    clipped = _clipped(boxes.gather(1, rows[..., None].expand(-1, -1, 4)), frame)
    kept = ~_overlapped(clipped, level, iou) & _has_area(clipped)
    best = torch.where(kept, score.sigmoid(), -torch.ones_like(score)).topk(min(count, sum(p.shape[1] for p in picked)), dim=1)
    return Proposals(clipped.gather(1, best.indices[..., None].expand(-1, -1, 4)), best.values >= 0)


def pooled(
    features: Sequence[Tensor], boxes: Tensor, scales: Sequence[float], *, side: int, samples: int, coarsest: int, finest: int
) -> Tensor:
    """What the features show inside each of `boxes` (b, k, 4): (b * k, channels, side, side), each from the level of its size.

    Every region is cut out of every level, and its own level's cut is kept: that costs more than torchvision's way of sorting
    them, but the arrays have one size. `finest` and `coarsest` are the numbers of the first and the last level.
    """
    flat = boxes.reshape(-1, 4)
    batch, count = boxes.shape[:2]
    image = torch.arange(batch, device=boxes.device, dtype=boxes.dtype)[:, None, None].expand(-1, count, 1).reshape(-1, 1)
    regions = torch.cat([image, flat], dim=1)
    area = ((flat[:, 2] - flat[:, 0]) * (flat[:, 3] - flat[:, 1])).clamp(min=1e-6)
    level = (4 + (area.sqrt() / CANONICAL).log2() + 1e-6).floor().clamp(finest, coarsest) - finest
    cuts = [
        roi_align(feature, regions, (side, side), scale, samples) * (level == i).to(boxes.dtype)[:, None, None, None]
        for i, (feature, scale) in enumerate(zip(features, scales, strict=True))
    ]
    return torch.stack(cuts).sum(dim=0)


def _clipped(boxes: Tensor, frame: tuple[int, int]) -> Tensor:
    width, height = frame
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], dim=-1)


def _has_area(boxes: Tensor) -> Tensor:
    return ((boxes[..., 2] - boxes[..., 0]) >= 1e-3) & ((boxes[..., 3] - boxes[..., 1]) >= 1e-3)


def _overlapped(boxes: Tensor, level: Tensor, iou: float) -> Tensor:
    """(b, p) bool: whether a better one of the same level overlaps by more than `iou`. `boxes` (b, p, 4) are best first."""
    low = torch.maximum(boxes[:, :, None, :2], boxes[:, None, :, :2])
    high = torch.minimum(boxes[:, :, None, 2:], boxes[:, None, :, 2:])
    both = (high - low).clamp(min=0).prod(dim=-1)
    area = (boxes[..., 2:] - boxes[..., :2]).prod(dim=-1)
    overlap = both / (area[:, :, None] + area[:, None, :] - both).clamp(min=1e-9)
    rank = torch.arange(boxes.shape[1], device=boxes.device)
    better = (rank[None, :] < rank[:, None])[None] & (level[:, :, None] == level[:, None, :])
    return ((overlap > iou) & better).any(dim=2)
