"""YOLOv8 as published by ultralytics (AGPL-3.0), built from its description, never downloaded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Literal, cast

import torch
from torch import Tensor, nn

from components.models.weights import load_weights
from components.networks import CLASSES, Batch, Network
from plugins.ultralytics.offline import import_offline

_tasks = import_offline("ultralytics.nn.tasks")
_tal = import_offline("ultralytics.utils.tal")
_defaults = import_offline("ultralytics.utils").DEFAULT_CFG_DICT


class YoloV8:
    """The recipe: `weights` is a local file of this architecture (safetensors or a torch state dict), or None for random ones."""

    def __init__(self, architecture: Literal["yolov8n", "yolov8s", "yolov8m"], *, weights: str | None = None) -> None:
        self.architecture, self.weights = architecture, weights

    @property
    def name(self) -> str:
        return self.architecture

    def build(self) -> YoloV8Network:
        """A new network. Raises InputError where the weights are of another architecture."""
        network = YoloV8Network(self.architecture)
        if self.weights is not None:
            load_weights(network.body, self.weights, name=self.name)
        return network


class YoloV8Network(Network):
    """The anchor-free detector with task-aligned assignment (Feng et al. 2021, arXiv 2108.07755) and distribution focal loss."""

    stride = 32

    def __init__(self, architecture: str) -> None:
        super().__init__()
        self.net = _tasks.DetectionModel(f"{architecture}.yaml", nc=len(CLASSES), verbose=False)
        self.net.args = SimpleNamespace(**_defaults)  # the gains of the three losses
        for module in self.net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 0.1  # 0.03 leaves the running statistics stale in a short training from scratch

    @property
    def body(self) -> nn.Module:
        return cast(nn.Module, self.net)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        raw = self.net(batch.images)
        criterion = self.net.init_criterion()
        criterion.class_weights = self._background(raw["feats"], criterion.stride, batch)
        total, _ = criterion(raw, _targets(batch))
        return dict(zip(("box", "class", "edge"), total / len(batch.boxes), strict=True))

    def forward(self, images: Tensor) -> Tensor:
        candidates: Tensor = self.net(images)[0]
        return candidates

    def _background(self, features: list[Tensor], strides: Tensor, batch: Batch) -> Tensor:
        """(b, anchors, 1): 0 where an anchor lies in an ignored region and in no wanted box, and so teaches nothing; else 1."""
        points, sizes = _tal.make_anchors(features, strides, 0.5)
        centres = points * sizes
        silent = [
            _inside(centres, ignored) & ~_inside(centres, boxes)
            for boxes, ignored in zip(batch.boxes, batch.ignored, strict=True)
        ]
        return 1.0 - torch.stack(silent).unsqueeze(-1).float()


def _targets(batch: Batch) -> dict[str, Tensor]:
    """All boxes in one table, as xywh around the centre in shares of the picture's sides."""
    height, width = batch.images.shape[-2:]
    boxes = torch.cat(batch.boxes) / batch.images.new_tensor([width, height, width, height])
    rows = [boxes.new_full((len(b),), float(i)) for i, b in enumerate(batch.boxes)]
    centred = torch.cat([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], dim=1)
    return {"batch_idx": torch.cat(rows), "cls": torch.cat(batch.labels).view(-1, 1).float(), "bboxes": centred}


def _inside(points: Tensor, boxes: Tensor) -> Tensor:
    """(n,) bool: whether each of `points` (n, 2) lies in any of `boxes` (m, 4)."""
    x, y = points[:, :1], points[:, 1:]
    return ((x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3])).any(dim=1)
