"""RetinaNet from torchvision (BSD-3-Clause): one stage with anchor boxes, on a residual network with a feature pyramid."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.detection.retinanet import RetinaNet as Torchvision
from torchvision.ops import box_iou
from torchvision.ops.feature_pyramid_network import LastLevelP6P7

from components.models.dense import anchors_of, answer, normalised, quicken, silent
from components.models.published import Table
from components.models.weights import Layout, load_weights
from components.networks import CLASSES, Batch, Network

CLASS_TENSORS = ("head.classification_head.cls_logits.",)


class RetinaNet:
    """The recipe. `weights` is None for random ones, or a file: of this architecture, or of its `backbone` alone.

    `published` are names that flows.train fetches when `weights` is one of them. The resnet50 is torchvision's own
    retinanet_resnet50_fpn, whose COCO weights fit.
    """

    def __init__(
        self, backbone: Literal["resnet18", "resnet34", "resnet50"] = "resnet50", *, weights: str | None = None,
        published: Table = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.backbone, self.weights, self.published = backbone, weights, published

    @property
    def name(self) -> str:
        return f"retinanet_{self.backbone}"

    def build(self) -> RetinaNetNetwork:
        """A new network. Raises InputError where the weights are of another architecture."""
        network = RetinaNetNetwork(self.backbone)
        if self.weights is not None:
            layout = Layout.of(self.name, self.published, classes=CLASS_TENSORS, backbone="backbone.body.")
            load_weights(network.body, self.weights, layout)
        return network


class RetinaNetNetwork(Network):
    """Lin et al. 2017 (arXiv 1708.02002). The answer has nine candidates for each place of each level, in that order."""

    stride = 32

    def __init__(self, backbone: str) -> None:
        super().__init__()
        body = resnet_fpn_backbone(
            backbone_name=backbone, weights=None, norm_layer=nn.BatchNorm2d, trainable_layers=5,
            returned_layers=[2, 3, 4], extra_blocks=LastLevelP6P7(256, 256),
        )  # fmt: skip
        self.net = Torchvision(body, len(CLASSES))
        quicken(self.net)

    @property
    def body(self) -> nn.Module:
        return cast(nn.Module, self.net)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        heads, anchors = self._heads(batch.images)
        targets = [{"boxes": b, "labels": n} for b, n in zip(batch.boxes, batch.labels, strict=True)]
        pairs = zip(batch.boxes, batch.ignored, strict=True)
        matched = [self._match(anchors, boxes, ignored) for boxes, ignored in pairs]
        parts: dict[str, Tensor] = self.net.head.compute_loss(targets, heads, [anchors] * len(targets), matched)
        return parts

    def forward(self, images: Tensor) -> Tensor:
        heads, anchors = self._heads(images)
        deltas = heads["bbox_regression"]
        flat = self.net.box_coder.decode_single(deltas.reshape(-1, 4), anchors.repeat(deltas.shape[0], 1))
        return answer(flat.reshape(deltas.shape), heads["cls_logits"].sigmoid())

    def _heads(self, images: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """The raw outputs of the two heads, and the anchors (n, 4) xyxy in pixels."""
        features = list(self.net.backbone(normalised(images)).values())
        return self.net.head(features), anchors_of(self.net.anchor_generator, images, features)

    def _match(self, anchors: Tensor, boxes: Tensor, ignored: Tensor) -> Tensor:
        """For each anchor the row of `boxes` that it answers for, -1 for background, -2 where it teaches nothing."""
        matched = torch.full((len(anchors),), self.net.proposal_matcher.BELOW_LOW_THRESHOLD, device=anchors.device)
        if len(boxes):
            matched = self.net.proposal_matcher(box_iou(boxes, anchors))
        nothing = (matched == self.net.proposal_matcher.BELOW_LOW_THRESHOLD) & silent(anchors, boxes, ignored)
        return matched.masked_fill(nothing, self.net.proposal_matcher.BETWEEN_THRESHOLDS)
