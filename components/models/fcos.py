"""FCOS from torchvision (BSD-3-Clause): one stage, no anchor boxes, on a residual network with a feature pyramid."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.detection.fcos import FCOS, FCOSHead
from torchvision.ops.feature_pyramid_network import LastLevelP6P7

from components.models.dense import anchors_of, answer, normalised, quicken, silent
from components.models.published import Table
from components.models.weights import Layout, load_weights
from components.networks import CLASSES, Batch, Network

STRIDES = (8, 16, 32, 64, 128)  # of the levels of torchvision's pyramid
CLASS_TENSORS = ("head.classification_head.cls_logits.",)
BACKBONE = "backbone.body."
SURE_OF_NOBODY = -20.0  # a logit whose loss and gradient vanish


class Fcos:
    """The recipe. `weights` is None for random ones, or a file: of this architecture, or of its `backbone` alone.

    `published` are names that flows.train fetches when `weights` is one of them. The resnet50 is torchvision's own
    fcos_resnet50_fpn, whose COCO weights fit.
    """

    def __init__(
        self, backbone: Literal["resnet18", "resnet34", "resnet50"] = "resnet50", *, weights: str | None = None,
        published: Table = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.backbone, self.weights, self.published = backbone, weights, published

    @property
    def name(self) -> str:
        return f"fcos_{self.backbone}"

    def build(self) -> FcosNetwork:
        """A new network. Raises InputError where the weights are of another architecture."""
        extra = LastLevelP6P7(256, 256)
        body = resnet_fpn_backbone(
            backbone_name=self.backbone, weights=None, norm_layer=nn.BatchNorm2d, trainable_layers=5,
            returned_layers=[2, 3, 4], extra_blocks=extra,
        )  # fmt: skip
        network = FcosNetwork(body, strides=STRIDES)
        if self.weights is not None:
            load_weights(network.body, self.weights, layout(self.name, self.published))
        return network


def layout(name: str, published: Table) -> Layout:
    """Which weights fit a network with this head."""
    return Layout.of(name, published, classes=CLASS_TENSORS, backbone=BACKBONE)


class FcosNetwork(Network):
    """Tian et al. 2019 (arXiv 1904.01355) on any `backbone` that gives levels of `strides` with `out_channels` channels.

    `depth` is the number of convolutions in each of the two branches of the head. The answer has one candidate for each place
    of each level, in that order; its score is the geometric mean of class and centre-ness.
    """

    stride = 32

    def __init__(self, backbone: nn.Module, *, strides: tuple[int, ...], depth: int = 4) -> None:
        super().__init__()
        places = AnchorGenerator(tuple((stride,) for stride in strides), ((1.0,),) * len(strides))
        head = FCOSHead(cast(int, backbone.out_channels), 1, len(CLASSES), num_convs=depth)
        self.net = FCOS(backbone, len(CLASSES), anchor_generator=places, head=head)
        quicken(self.net)

    @property
    def body(self) -> nn.Module:
        return cast(nn.Module, self.net)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        features = self._features(batch.images)
        heads, anchors = self.net.head(features), anchors_of(self.net.anchor_generator, batch.images, features)
        targets = [{"boxes": b, "labels": n} for b, n in zip(batch.boxes, batch.labels, strict=True)]
        pairs = zip(batch.boxes, batch.ignored, strict=True)
        nothing = torch.stack([silent(anchors, boxes, ignored) for boxes, ignored in pairs])
        heads["cls_logits"] = heads["cls_logits"].masked_fill(nothing[..., None], SURE_OF_NOBODY)
        sizes = [feature.shape[-2] * feature.shape[-1] for feature in features]
        parts: dict[str, Tensor] = self.net.compute_loss(targets, heads, [anchors] * len(targets), sizes)
        return parts

    def forward(self, images: Tensor) -> Tensor:
        features = self._features(images)
        heads, anchors = self.net.head(features), anchors_of(self.net.anchor_generator, images, features)
        boxes = self.net.head.box_coder.decode(heads["bbox_regression"], anchors)
        scores = (heads["cls_logits"].sigmoid() * heads["bbox_ctrness"].sigmoid()).sqrt()
        return answer(boxes, scores)

    def _features(self, images: Tensor) -> list[Tensor]:
        return list(self.net.backbone(normalised(images)).values())
