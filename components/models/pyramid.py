"""A feature pyramid over any backbone of timm (Apache-2.0)."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, cast

import timm
import torch
from torch import Tensor, nn
from torchvision.ops import FeaturePyramidNetwork

from components.contracts import InputError
from components.models.backbones import check_backbone

STRIDES = (8, 16, 32)  # of the levels, finest first
PROBE = (64, 96)  # height and width of the picture that shows what a backbone gives


class Pyramid(nn.Module):
    """Levels of `channels` channels at strides 8, 16 and 32 from timm's `backbone`, with random weights.

    A level that the backbone has not (a vision transformer has stride 16 alone) is its nearest one, repeated or pooled.
    Raises InputError for a name that timm has not, and for a backbone that gives no maps of features for pictures of any size.
    """

    def __init__(self, backbone: str, *, channels: int) -> None:
        super().__init__()
        self.body, self.out_channels = _opened(backbone), channels
        if any(name.rpartition(".")[2] == "pos_embed" for name, _ in self.body.named_parameters()):
            raise InputError(
                f"model.backbone {backbone}: learns positions for pictures of one size, and ONNX has no operator that stretches "
                "them as it does; choose one with convolutions or windows, such as resnet18 or swin_tiny_patch4_window7_224"
            )
        found = _probed(self.body, backbone)
        self.sources = [_nearest(stride, [reduction for reduction, _ in found]) for stride in STRIDES]
        self.reductions, self.widths = [r for r, _ in found], [width for _, width in found]
        self.fpn = FeaturePyramidNetwork([self.widths[i] for i in self.sources], channels)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        maps = self.body(images)
        levels = [
            _brought(_first(maps[i], self.widths[i]), self.reductions[i], stride)
            for i, stride in zip(self.sources, STRIDES, strict=True)
        ]
        return cast(dict[str, Tensor], self.fpn(OrderedDict((str(i), level) for i, level in enumerate(levels))))


def _opened(backbone: str) -> nn.Module:
    """timm's network without its classifier; one made for a certain size of picture is asked to take any."""
    check_backbone(backbone)
    reasons: list[str] = []
    for words in cast(tuple[dict[str, Any], ...], ({"dynamic_img_size": True}, {"strict_img_size": False}, {})):
        try:
            body: nn.Module = timm.create_model(backbone, pretrained=False, features_only=True, **words)
            return body
        except (TypeError, RuntimeError, AssertionError, AttributeError, NotImplementedError, ValueError) as error:
            reasons.append(str(error))
    raise InputError(f"model.backbone {backbone}: gives no maps of features ({reasons[-1]}); choose another, such as resnet18")


def _probed(body: nn.Module, backbone: str) -> list[tuple[int, int]]:
    """Pixels to a cell, and channels, of each map that the backbone gives."""
    training = body.training
    widths = cast(Any, body).feature_info.channels()
    try:
        with torch.no_grad():
            maps = [_first(map_, width) for map_, width in zip(body.eval()(torch.zeros(1, 3, *PROBE)), widths, strict=True)]
    except (RuntimeError, AssertionError, ValueError, IndexError) as error:
        raise InputError(
            f"model.backbone {backbone}: does not take a picture of {PROBE[1]}x{PROBE[0]} ({str(error).splitlines()[0]}); "
            "choose one that takes pictures of any size, such as resnet18"
        ) from None
    body.train(training)
    found = [(PROBE[0] // map_.shape[-2], width) for map_, width in zip(maps, widths, strict=True)]
    if any(map_.shape[-2] * r != PROBE[0] or map_.shape[-1] * r != PROBE[1] for map_, (r, _) in zip(maps, found, strict=True)):
        raise InputError(
            f"model.backbone {backbone}: its cells are not of 2, 4, 8, 16 or 32 px; choose another, such as resnet18"
        )
    return found


def _first(map_: Tensor, width: int) -> Tensor:
    """With the channels before the places, as some transformers have them last."""
    return map_ if map_.shape[1] == width else map_.permute(0, 3, 1, 2)


def _nearest(stride: int, reductions: list[int]) -> int:
    """The deepest map whose cells are nearest to `stride` in size."""
    return min(reversed(range(len(reductions))), key=lambda i: max(reductions[i] / stride, stride / reductions[i]))


def _brought(level: Tensor, reduction: int, stride: int) -> Tensor:
    """A map of another cell size, without weights."""
    if reduction > stride:
        return nn.functional.interpolate(level, scale_factor=float(reduction // stride), mode="nearest")
    return nn.functional.max_pool2d(level, stride // reduction) if reduction < stride else level
