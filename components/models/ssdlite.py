"""SSDlite on MobileNetV3 from torchvision: small, and free of copyleft licences."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torchvision.models.detection import ssdlite320_mobilenet_v3_large
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import box_convert, box_iou

from components.models.weights import load_weights
from components.networks import CLASSES, Batch, Network


class SsdLite:
    """The recipe: `weights` is a local file of this architecture (safetensors or a torch state dict), or None for random ones."""

    def __init__(self, weights: str | None = None) -> None:
        self.weights = weights

    @property
    def name(self) -> str:
        return "ssdlite"

    def build(self) -> SsdLiteNetwork:
        """A new network. Raises InputError where the weights are of another architecture."""
        network = SsdLiteNetwork()
        if self.weights is not None:
            load_weights(network.body, self.weights, name=self.name)
        return network


class SsdLiteNetwork(Network):
    """Howard et al. 2019 (arXiv 1905.02244) with the SSD head; label 0 inside is background, so person is 1 there."""

    stride = 32

    def __init__(self) -> None:
        super().__init__()
        self.ssd = ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=len(CLASSES) + 1)
        for module in self.ssd.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 0.1  # 0.03 leaves the running statistics stale in a short training from scratch

    @property
    def body(self) -> nn.Module:
        return cast(nn.Module, self.ssd)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        heads, anchors = self._heads(batch.images)
        boxes = [anchors] * len(batch.boxes)
        targets = [{"boxes": b, "labels": n + 1} for b, n in zip(batch.boxes, batch.labels, strict=True)]
        matched = [self._match(target["boxes"], anchors) for target in targets]
        parts: dict[str, Tensor] = self.ssd.compute_loss(targets, heads, boxes, matched)
        return parts

    def forward(self, images: Tensor) -> Tensor:
        heads, anchors = self._heads(images)
        deltas = heads["bbox_regression"]
        boxes = self.ssd.box_coder.decode_single(deltas.reshape(-1, 4), anchors.repeat(deltas.shape[0], 1)).reshape(deltas.shape)
        scores = heads["cls_logits"].softmax(dim=-1)[..., 1:]
        return torch.cat([box_convert(boxes, "xyxy", "cxcywh"), scores], dim=-1).transpose(1, 2)

    def _heads(self, images: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """The raw outputs of the two heads, and the anchors (n, 4) xyxy in pixels."""
        height, width = images.shape[-2:]
        features = list(self.ssd.backbone(images * 2 - 1).values())  # torchvision trains it on -1..1
        anchors = self.ssd.anchor_generator(ImageList(images[:1], [(height, width)]), features)[0]
        return self.ssd.head(features), anchors

    def _match(self, boxes: Tensor, anchors: Tensor) -> Tensor:
        """For each anchor the row of `boxes` that it answers for, or -1."""
        if not len(boxes):
            return torch.full((len(anchors),), -1, dtype=torch.int64, device=anchors.device)
        matched: Tensor = self.ssd.proposal_matcher(box_iou(boxes, anchors))
        return matched
