"""YOLOv8, YOLO11 and YOLO26 as published by ultralytics (AGPL-3.0), built from their descriptions."""

from __future__ import annotations

from types import MappingProxyType, SimpleNamespace
from typing import Literal, cast

import torch
from torch import Tensor, nn

from components.models.dense import quicken, silent
from components.models.published import Table
from components.models.weights import Layout, load_weights
from components.networks import CLASSES, Batch, Network
from plugins.ultralytics.offline import import_offline

_tasks = import_offline("ultralytics.nn.tasks")
_tal = import_offline("ultralytics.utils.tal")
_defaults = import_offline("ultralytics.utils").DEFAULT_CFG_DICT


Architecture = Literal["yolov8n", "yolov8s", "yolov8m", "yolo11n", "yolo11s", "yolo11m", "yolo26n", "yolo26s"]
BRANCHES = ("cv3.", "one2one_cv3.")  # of the head: even their inner widths follow the number of classes


class Yolo:
    """The recipe: `weights` is a local file of this architecture (safetensors or a torch state dict), or None for random ones.

    `published` are names that flows.train fetches when `weights` is one of them; ultralytics' COCO weights fit.
    """

    def __init__(
        self, architecture: Architecture, *, weights: str | None = None, published: Table = MappingProxyType({})
    ) -> None:
        self.architecture, self.weights, self.published = architecture, weights, published

    @property
    def name(self) -> str:
        return self.architecture

    def build(self) -> YoloNetwork:
        """A new network. Raises InputError where the weights are of another architecture."""
        network = YoloNetwork(self.architecture)
        if self.weights is not None:
            head = f"model.{len(network.net.model) - 1}."
            layout = Layout.of(self.name, self.published, classes=tuple(head + branch for branch in BRANCHES))
            load_weights(network.body, self.weights, layout)
        return network


class YoloNetwork(Network):
    """The anchor-free detector with task-aligned assignment (Feng et al. 2021, arXiv 2108.07755) and distribution focal loss.

    YOLO26 has a second head, which learns to name each person once. Both are taught, in the shares that its makers begin with,
    and the first one answers, so that all architectures are read alike.
    """

    stride = 32

    def __init__(self, architecture: str) -> None:
        super().__init__()
        self.net = _tasks.DetectionModel(f"{architecture}.yaml", nc=len(CLASSES), verbose=False)
        self.net.args = SimpleNamespace(**_defaults)  # the gains of the three losses
        self.net.end2end = False
        quicken(self.net)

    @property
    def body(self) -> nn.Module:
        return cast(nn.Module, self.net)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        raw = self.net(batch.images)
        criterion = self.net.init_criterion()
        heads = [criterion.one2many, criterion.one2one] if "one2many" in raw else [criterion]
        weights = self._background(raw.get("one2many", raw)["feats"], heads[0].stride, batch)
        for head in heads:
            head.class_weights = weights
        total, _ = criterion(raw, _targets(batch))
        return dict(zip(("box", "class", "edge"), total / len(batch.boxes), strict=True))

    def forward(self, images: Tensor) -> Tensor:
        candidates: Tensor = self.net(images)[0]
        return candidates

    def _background(self, features: list[Tensor], strides: Tensor, batch: Batch) -> Tensor:
        """(b, anchors, 1): 0 where an anchor lies in an ignored region and in no wanted box, and so teaches nothing; else 1."""
        points, sizes = _tal.make_anchors(features, strides, 0.5)
        cells = torch.cat([points * sizes, points * sizes], dim=1)  # boxes without an extent
        pairs = zip(batch.boxes, batch.ignored, strict=True)
        nothing = [silent(cells, boxes, ignored) for boxes, ignored in pairs]
        return 1.0 - torch.stack(nothing).unsqueeze(-1).float()


def _targets(batch: Batch) -> dict[str, Tensor]:
    """All boxes in one table, as xywh around the centre in shares of the picture's sides."""
    height, width = batch.images.shape[-2:]
    boxes = torch.cat(batch.boxes) / batch.images.new_tensor([width, height, width, height])
    rows = [boxes.new_full((len(b),), float(i)) for i, b in enumerate(batch.boxes)]
    centred = torch.cat([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], dim=1)
    return {"batch_idx": torch.cat(rows), "cls": torch.cat(batch.labels).view(-1, 1).float(), "bboxes": centred}
