"""SSDlite on MobileNetV3 from torchvision: small, and free of copyleft licences."""

from __future__ import annotations

from types import MappingProxyType
from typing import cast

import torch
from torch import Tensor, nn
from torchvision.models.detection import ssdlite320_mobilenet_v3_large
from torchvision.ops import box_iou

from components.models.dense import anchors_of, answer, quicken, silent
from components.models.published import Table
from components.models.weights import Layout, load_weights
from components.networks import CLASSES, Batch, Network


class SsdLite:
    """The recipe: `weights` is a local file of this architecture (safetensors or a torch state dict), or None for random ones.

    `published` are names that flows.train fetches when `weights` is one of them; torchvision's COCO weights fit.
    """

    def __init__(self, weights: str | None = None, *, published: Table = MappingProxyType({})) -> None:
        self.weights, self.published = weights, published

    @property
    def name(self) -> str:
        return "ssdlite"

    def build(self) -> SsdLiteNetwork:
        """A new network. Raises InputError where the weights are of another architecture."""
        network = SsdLiteNetwork()
        if self.weights is not None:
            layout = Layout.of(self.name, self.published, classes=("head.classification_head.module_list.",))
            load_weights(network.body, self.weights, layout)
        return network


class SsdLiteNetwork(Network):
    """Howard et al. 2019 (arXiv 1905.02244) with the SSD head; label 0 inside is background, so person is 1 there."""

    stride = 32

    def __init__(self) -> None:
        super().__init__()
        self.ssd = ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=len(CLASSES) + 1)
        quicken(self.ssd)

    @property
    def body(self) -> nn.Module:
        return cast(nn.Module, self.ssd)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        if len(batch.images) == 1:  # its coarsest map is one cell, of which alone there are no statistics
            batch = Batch(batch.images.repeat(2, 1, 1, 1), batch.boxes * 2, batch.labels * 2, batch.ignored * 2)
        heads, anchors = self._heads(batch.images)
        pairs = zip(batch.boxes, batch.ignored, strict=True)
        nothing = torch.stack([silent(anchors, boxes, ignored) for boxes, ignored in pairs])
        heads["cls_logits"] = torch.where(nothing[..., None], _sure_of_nobody(heads["cls_logits"]), heads["cls_logits"])
        boxes = [anchors] * len(batch.boxes)
        targets = [{"boxes": b, "labels": n + 1} for b, n in zip(batch.boxes, batch.labels, strict=True)]
        matched = [self._match(target["boxes"], anchors) for target in targets]
        parts: dict[str, Tensor] = self.ssd.compute_loss(targets, heads, boxes, matched)
        return parts

    def forward(self, images: Tensor) -> Tensor:
        heads, anchors = self._heads(images)
        deltas = heads["bbox_regression"]
        boxes = self.ssd.box_coder.decode_single(deltas.reshape(-1, 4), anchors.repeat(deltas.shape[0], 1)).reshape(deltas.shape)
        return answer(boxes, heads["cls_logits"].softmax(dim=-1)[..., 1:])

    def _heads(self, images: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """The raw outputs of the two heads, and the anchors (n, 4) xyxy in pixels."""
        features = list(self.ssd.backbone(images * 2 - 1).values())  # torchvision trains it on -1..1
        return self.ssd.head(features), anchors_of(self.ssd.anchor_generator, images, features)

    def _match(self, boxes: Tensor, anchors: Tensor) -> Tensor:
        """For each anchor the row of `boxes` that it answers for, or -1."""
        if not len(boxes):
            return torch.full((len(anchors),), -1, dtype=torch.int64, device=anchors.device)
        matched: Tensor = self.ssd.proposal_matcher(box_iou(boxes, anchors))
        return matched


def _sure_of_nobody(logits: Tensor) -> Tensor:
    """Logits (..., classes) whose loss as background, class 0, and its gradient vanish."""
    return torch.full_like(logits, -20.0).index_fill(-1, torch.zeros(1, dtype=torch.int64, device=logits.device), 20.0)
