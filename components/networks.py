"""What training asks of a network, and the layouts in which trained networks answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torchvision.ops import batched_nms, box_convert

CLASSES = ("person",)
FORMAT = "yolov8"  # the name of the layout of Network.forward in model.json


@dataclass(frozen=True, slots=True)
class Picture:
    """One labelled picture in the size of the network's input. Row i of every column is box i."""

    image: Tensor  # (3, h, w) uint8, RGB
    boxes: Tensor  # (n, 4) float32 xyxy in pixels of `image`
    labels: Tensor  # (n,) int64
    ignored: Tensor  # (n,) bool: too hidden to be asked for, and not to be punished either


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures of one size. Item i of every list belongs to image i."""

    images: Tensor  # (b, 3, h, w) float32, RGB, 0..1
    boxes: list[Tensor]  # each (n, 4) float32 xyxy in pixels of `images`
    labels: list[Tensor]  # each (n,) int64
    ignored: list[Tensor]  # each (m, 4) float32 xyxy: regions that count neither as person nor as background


@dataclass(frozen=True, slots=True)
class Found:
    """What a network found in one image, best first."""

    boxes: Tensor  # (n, 4) float32 xyxy in pixels of the input
    scores: Tensor  # (n,) float32 0..1
    labels: Tensor  # (n,) int64


class Network(nn.Module, ABC):
    """A detection network that learns from a `Batch` and answers in the layout of YOLOv8."""

    stride: int  # both sides of the input are multiples of it
    chooses: bool = False  # its candidates are a choice that rounding may tip: to be compared as a set, not one by one

    @property
    @abstractmethod
    def body(self) -> nn.Module:
        """The module whose state dict is the weights file."""

    @abstractmethod
    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """The named parts of the loss, to be added up; in training mode."""

    @abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """Candidates, in eval mode: (b, 3, h, w) float32 RGB 0..1 -> (b, 4 + classes, n).

        The rows are x, y of the centre, width and height in pixels of the input, then one probability for each class.
        """


class Classifier(Network):
    """A network that says which of `classes` a picture shows; it sees crops of `size` (width, height)."""

    stride = 1
    classes: tuple[str, ...]
    size: tuple[int, int]

    @abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """Probabilities, in eval mode: (b, 3, h, w) float32 RGB 0..1 -> (b, classes)."""


class Describer(Network):
    """A network that describes what somebody looks like; it sees crops of `size` (width, height)."""

    stride = 1
    size: tuple[int, int]

    @abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """Features of unit length, in eval mode: (b, 3, h, w) float32 RGB 0..1 -> (b, d); alike for the same person."""


class Model(Protocol):
    """A kind of network by name, and where its first weights come from."""

    @property
    def name(self) -> str: ...

    def build(self) -> Network: ...  # random weights follow torch's global seed


class Augmentation(Protocol):
    """Shows training another picture that could have been taken; the same pictures and seed give the same result."""

    def others(self, *, seed: int, progress: float) -> int: ...  # further pictures that it wants; progress: of the epochs, 0..1

    def __call__(self, picture: Picture, others: Sequence[Picture] = (), *, seed: int) -> Picture: ...


def decode(raw: Tensor, *, score: float, iou: float = 0.6, limit: int = 100) -> list[Found]:
    """One `Found` per image of `raw` (b, 4 + classes, n), after non-maximum suppression within each class."""
    return [_found(one, score, iou, limit) for one in raw.float().transpose(1, 2)]


def _found(rows: Tensor, score: float, iou: float, limit: int) -> Found:
    """`rows` is (n, 4 + classes)."""
    scores, labels = rows[:, 4:].max(dim=1)
    likely = torch.nonzero(scores >= score).flatten()
    boxes = box_convert(rows[likely, :4], "cxcywh", "xyxy")
    keep = batched_nms(boxes, scores[likely], labels[likely], iou)[:limit]
    return Found(boxes[keep], scores[likely][keep], labels[likely][keep])
