"""What detectors that judge a grid of places have in common: their input, their anchors, and the layout of their answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import box_convert

MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's RGB, on which published backbones were trained


def normalised(images: Tensor) -> Tensor:
    """(b, 3, h, w) 0..1 -> the same, centred and scaled as ImageNet's pictures are."""
    return (images - images.new_tensor(MEAN).view(3, 1, 1)) / images.new_tensor(SPREAD).view(3, 1, 1)


def anchors_of(generator: nn.Module, images: Tensor, features: Sequence[Tensor]) -> Tensor:
    """The boxes (n, 4) xyxy in pixels, of all levels of `features`, from which a head measures."""
    height, width = images.shape[-2:]
    return cast(Tensor, generator(ImageList(images[:1], [(height, width)]), list(features))[0])


def silent(anchors: Tensor, boxes: Tensor, ignored: Tensor) -> Tensor:
    """(n,) bool: whether the centre of an anchor lies in an ignored region and in no wanted box, and so teaches nothing."""
    centres = (anchors[:, :2] + anchors[:, 2:]) / 2
    return _inside(centres, ignored) & ~_inside(centres, boxes)


def answer(boxes: Tensor, scores: Tensor) -> Tensor:
    """(b, n, 4) xyxy and (b, n, classes) -> the layout of `Network.forward`."""
    return torch.cat([box_convert(boxes, "xyxy", "cxcywh"), scores], dim=-1).transpose(1, 2)


def quicken(module: nn.Module) -> None:
    """Let the running statistics of normalisation keep up with a short training from scratch."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 0.1  # 0.03 and 0.01, as published, leave them stale


def _inside(points: Tensor, boxes: Tensor) -> Tensor:
    """(n,) bool: whether each of `points` (n, 2) lies in any of `boxes` (m, 4)."""
    x, y = points[:, :1], points[:, 1:]
    return ((x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3])).any(dim=1)
