"""Faster R-CNN from torchvision (BSD-3-Clause): proposes regions, and looks at each of them again."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import mobilenet_backbone, resnet_fpn_backbone
from torchvision.models.detection.faster_rcnn import FasterRCNN as Torchvision
from torchvision.models.detection.roi_heads import fastrcnn_loss
from torchvision.models.detection.rpn import concat_box_prediction_layers

from components.contracts import InputError
from components.models.dense import anchors_of, answer, normalised, quicken, silent
from components.models.proposals import choose, pooled
from components.models.published import Table
from components.models.weights import Layout, load_weights
from components.networks import CLASSES, Batch, Network

Backbone = Literal["resnet18", "resnet50", "mobilenet_v3_large"]
PROPOSED = 500  # regions of a picture that the second stage may learn from
TAUGHT = 128  # of which so many are shown to it


class FasterRcnn:
    """The recipe. `candidates` is how many regions of a picture are looked at twice when it serves.

    `weights` is None for random ones, or a file: of this architecture, or of its `backbone` alone. `published` are names that
    flows.train fetches when `weights` is one of them. torchvision's COCO weights fit resnet50 and mobilenet_v3_large.
    """

    def __init__(
        self, backbone: Backbone = "resnet50", *, candidates: int = 200, weights: str | None = None,
        published: Table = MappingProxyType({}),
    ) -> None:  # fmt: skip
        if candidates < 8:
            raise InputError(f"model.candidates is {candidates}; expected 8 or more")
        self.backbone, self.candidates, self.weights, self.published = backbone, candidates, weights, published

    @property
    def name(self) -> str:
        return f"faster_rcnn_{self.backbone}"

    def build(self) -> FasterRcnnNetwork:
        """A new network. Raises InputError where the weights are of another architecture."""
        network = FasterRcnnNetwork(self.backbone, self.candidates)
        if self.weights is not None:
            classes = ("roi_heads.box_predictor.",)
            load_weights(
                network.body, self.weights, Layout.of(self.name, self.published, classes=classes, backbone="backbone.body.")
            )
        return network


class FasterRcnnNetwork(Network):
    """Ren et al. 2015 (arXiv 1506.01497); label 0 inside is background, so person is 1 there.

    It learns as torchvision teaches it, only that the samples that it is shown are drawn by a fixed seed, so that a training
    that is taken up again goes on as it would have. It serves in a static form of the same weights: every picture has
    `candidates` regions, chosen by Fast NMS instead of ordinary suppression (components/models/proposals.py), and those that
    fill up have the score 0. So graph and network are the same computation, for any number of pictures in a batch; against
    torchvision's own inference a region may be missing that only a suppressed one overlaps. Which regions are chosen, and in
    which order, hangs on scores that may be equal up to rounding: two runtimes are to be compared as sets.
    """

    stride = 32
    chooses = True

    def __init__(self, backbone: Backbone, candidates: int) -> None:
        super().__init__()
        body, anchors = _body(backbone)
        self.net = Torchvision(
            body, len(CLASSES) + 1, rpn_anchor_generator=anchors, rpn_post_nms_top_n_train=PROPOSED,
            box_batch_size_per_image=TAUGHT,
        )  # fmt: skip
        self.net.rpn.fg_bg_sampler = Draw(256, 0.5)
        self.net.roi_heads.fg_bg_sampler = Draw(TAUGHT, 0.25)
        self.candidates = candidates
        quicken(self.net)

    @property
    def body(self) -> nn.Module:
        return cast(nn.Module, self.net)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        rpn, features = self.net.rpn, self.net.backbone(normalised(batch.images))
        objectness, deltas, anchors, sizes = self._first(features, batch.images)
        regions = rpn.box_coder.decode(deltas.detach(), [anchors] * len(batch.boxes)).view(len(batch.boxes), -1, 4)
        shapes = [tuple(batch.images.shape[-2:])] * len(batch.boxes)
        proposals, _ = rpn.filter_proposals(regions, objectness, shapes, sizes)
        targets = [{"boxes": b, "labels": n + 1} for b, n in zip(batch.boxes, batch.labels, strict=True)]
        labels, wanted = rpn.assign_targets_to_anchors([anchors] * len(targets), targets)
        pairs = list(zip(batch.boxes, batch.ignored, strict=True))
        masks = [silent(anchors, *pair) for pair in pairs]
        labels = _unless_all(
            [torch.where(m & (one == 0), -one.new_ones(()), one) for m, one in zip(masks, labels, strict=True)], labels
        )
        goals = rpn.box_coder.encode(wanted, [anchors] * len(targets))
        found, place = rpn.compute_loss(objectness, deltas, labels, goals)
        spoken = [own[~silent(own, *pair)] for own, pair in zip(proposals, pairs, strict=True)]
        spoken = spoken if sum(map(len, (*spoken, *batch.boxes))) else proposals
        return {"region": found, "region_box": place} | self._second(features, spoken, targets, shapes)

    def forward(self, images: Tensor) -> Tensor:
        heads, features = self.net.roi_heads, self.net.backbone(normalised(images))
        objectness, deltas, anchors, sizes = self._first(features, images)
        regions = self.net.rpn.box_coder.decode_single(deltas, anchors.repeat(images.shape[0], 1)).reshape(images.shape[0], -1, 4)
        height, width = images.shape[-2:]
        chosen = choose(
            regions, objectness.reshape(images.shape[0], -1), sizes, per_level=self.candidates, count=self.candidates,
            iou=self.net.rpn.nms_thresh, frame=(int(width), int(height)),
        )  # fmt: skip
        seen = heads.box_head(self._pooled(features, chosen.boxes, int(height)))
        logits, offsets = heads.box_predictor(seen)
        boxes = heads.box_coder.decode_single(offsets[:, 4:8], chosen.boxes.reshape(-1, 4)).reshape(chosen.boxes.shape)
        scores = logits.softmax(dim=-1)[:, 1:].reshape(*chosen.boxes.shape[:2], len(CLASSES))
        return answer(boxes, scores * chosen.counting[..., None].to(scores.dtype))

    def _first(self, features: dict[str, Tensor], images: Tensor) -> tuple[Tensor, Tensor, Tensor, list[int]]:
        """Of the first stage: objectness (b * n, 1), deltas (b * n, 4), anchors (n, 4), and how many of n each level has."""
        levels = list(features.values())
        objectness, deltas = self.net.rpn.head(levels)
        sizes = [int(one.shape[1] * one.shape[2] * one.shape[3]) for one in objectness]
        flat, offsets = concat_box_prediction_layers(objectness, deltas)
        return flat, offsets, anchors_of(self.net.rpn.anchor_generator, images, levels), sizes

    def _second(
        self,
        features: dict[str, Tensor],
        proposals: list[Tensor],
        targets: list[dict[str, Tensor]],
        shapes: list[tuple[int, ...]],
    ) -> dict[str, Tensor]:
        """The losses of the second stage."""
        heads = self.net.roi_heads
        chosen, _, labels, goals = heads.select_training_samples(proposals, targets)
        logits, offsets = heads.box_predictor(heads.box_head(heads.box_roi_pool(features, chosen, shapes)))
        kind, box = fastrcnn_loss(logits, offsets, labels, goals)
        return {"class": kind, "box": box}

    def _pooled(self, features: dict[str, Tensor], boxes: Tensor, height: int) -> Tensor:
        pool = self.net.roi_heads.box_roi_pool
        levels = [features[name] for name in pool.featmap_names if name in features]
        scales = [2.0 ** round(float(torch.tensor(int(level.shape[-2]) / height).log2())) for level in levels]
        finest, coarsest = (-int(torch.tensor(scale).log2()) for scale in (scales[0], scales[-1]))
        return pooled(
            levels, boxes, scales, side=pool.output_size[0], samples=pool.sampling_ratio, finest=finest, coarsest=coarsest
        )


class Draw:
    """Which of the samples are shown: `size` of each picture, at most `share` of them people; always the same draw."""

    def __init__(self, size: int, share: float) -> None:
        self.size, self.share = size, share

    def __call__(self, matched: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """For each picture two masks: of those shown that are somebody (1 and more), and that are nobody (0)."""
        generator = torch.Generator().manual_seed(0)
        some, none = [], []
        for labels in matched:
            people = self._drawn(labels >= 1, int(self.size * self.share), generator)
            some.append(people)
            none.append(self._drawn(labels == 0, self.size - int(people.sum()), generator))
        return some, none

    @staticmethod
    def _drawn(of: Tensor, count: int, generator: torch.Generator) -> Tensor:
        rows = torch.nonzero(of).flatten()
        mask = torch.zeros_like(of)
        mask[rows[torch.randperm(len(rows), generator=generator)[:count].to(rows.device)]] = True
        return mask


def _unless_all(labels: list[Tensor], original: list[Tensor]) -> list[Tensor]:
    """`labels`, unless none of them teaches anything: the mean of nothing is no number."""
    return labels if any(bool((one >= 0).any()) for one in labels) else original


def _body(backbone: Backbone) -> tuple[nn.Module, AnchorGenerator | None]:
    """The pyramid, with random weights, and its anchors; None: torchvision's."""
    if backbone == "mobilenet_v3_large":
        shapes = (((32, 64, 128, 256, 512),) * 3, ((0.5, 1.0, 2.0),) * 3)
        body = mobilenet_backbone(backbone_name=backbone, weights=None, fpn=True, norm_layer=nn.BatchNorm2d, trainable_layers=6)
        return body, AnchorGenerator(*shapes)
    return resnet_fpn_backbone(backbone_name=backbone, weights=None, norm_layer=nn.BatchNorm2d, trainable_layers=5), None
