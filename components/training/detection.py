"""What detection is taught with and judged by: whole pictures, and average precision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from torch import Tensor, cat
from torchmetrics.detection import MeanAveragePrecision

from components.contracts import Floats32, Samples, SplitName
from components.networks import CLASSES, FORMAT, Batch, Found, decode
from components.training.pictures import Pictures
from components.training.trainer import Trainer

TOLERANCE_PX, TOLERANCE_SCORE = 0.05, 1e-3  # of the exported graph against the network
ALONE = 0.02  # share of the candidates of a network that chooses which rounding may tip


class Detection:
    """The lesson of every detection network; `chooses` is the network's own word for whether its candidates are a choice."""

    decisive = "map"
    figures: ClassVar[Mapping[str, str]] = {"map50": "mAP50", "map": "mAP"}

    def __init__(self, *, chooses: bool = False) -> None:
        self.chooses = chooses

    def size(self, trainer: Trainer) -> tuple[int, int]:
        return trainer.image_size

    def pictures(self, samples: Samples, trainer: Trainer, split: SplitName) -> Pictures:  # noqa: ARG002 - the same for all
        return Pictures(samples, size=trainer.image_size, min_visibility=trainer.min_visibility, cache_mb=trainer.cache_mb)

    def judge(self) -> Precision:
        return Precision()

    def card(self, size: tuple[int, int]) -> dict[str, Any]:
        layout = {"width": size[0], "height": size[1], "color": "rgb", "scale": 1 / 255, "letterbox": "bottom-right-114"}
        return {"format": FORMAT, "input": layout, "classes": list(CLASSES)}

    def parity(self, graph: Floats32, eager: Floats32) -> dict[str, float]:
        if self.chooses:
            return _as_sets(graph, eager)
        error = np.abs(graph - eager)
        found = {"box_px": float(error[:, :4].max()), "score": float(error[:, 4:].max())}
        if found["box_px"] > TOLERANCE_PX or found["score"] > TOLERANCE_SCORE:
            raise RuntimeError(
                f"the exported graph differs from the network by {found}; allowed {TOLERANCE_PX} px and {TOLERANCE_SCORE}"
            )
        return found


def _as_sets(graph: Floats32, eager: Floats32) -> dict[str, float]:
    """Of candidates that rounding may put in another order, or tip out: each one's distance to its nearest on the other side.

    Those without a score only fill up; which ones do is nobody's business.
    """
    allowed = np.array([TOLERANCE_PX] * 4 + [TOLERANCE_SCORE] * (eager.shape[1] - 4), np.float32)
    boxes, scores, alone = [0.0], [0.0], [0.0]
    for mine, its in zip(graph.transpose(0, 2, 1), eager.transpose(0, 2, 1), strict=True):
        error = np.abs(mine[:, None] - its[None])
        far = (error / allowed).max(axis=2)
        for axis, own, nearest in (
            (1, mine, error[np.arange(len(mine)), far.argmin(axis=1)]),
            (0, its, error[far.argmin(axis=0), np.arange(len(its))]),
        ):
            counts = own[:, 4:].max(axis=1) > TOLERANCE_SCORE
            near = counts & (far.min(axis=axis) <= 1)
            alone.append(1 - near.sum() / max(1, counts.sum()))
            boxes.append(float(nearest[near, :4].max(initial=0)))
            scores.append(float(nearest[near, 4:].max(initial=0)))
    found = {"box_px": max(boxes), "score": max(scores), "alone": float(max(alone))}
    if found["alone"] > ALONE:
        raise RuntimeError(
            f"the exported graph differs from the network: {found['alone']:.1%} of the candidates of one have none of the other "
            f"within {TOLERANCE_PX} px and {TOLERANCE_SCORE}; allowed {ALONE:.0%}"
        )
    return found


class Precision:
    """COCO's average precision."""

    def __init__(self) -> None:
        self._found: list[dict[str, Tensor]] = []
        self._wanted: list[dict[str, Tensor]] = []

    def update(self, answers: Tensor, batch: Batch) -> None:
        self._found += [_prediction(found) for found in decode(answers, score=0.01)]
        self._wanted += _targets(batch)

    def merge(self, other: Precision) -> None:
        self._found, self._wanted = self._found + other._found, self._wanted + other._wanted

    def compute(self) -> dict[str, float]:
        metric = MeanAveragePrecision(backend="pycocotools", sync_on_compute=False)  # everything is here already
        metric.update(self._found, self._wanted)
        self._found, self._wanted = [], []
        figures = metric.compute()
        return {"map50": max(0.0, float(figures["map_50"])), "map": max(0.0, float(figures["map"]))}


def _prediction(found: Found) -> dict[str, Tensor]:
    return {"boxes": found.boxes.cpu(), "scores": found.scores.cpu(), "labels": found.labels.cpu()}


def _targets(batch: Batch) -> Iterator[dict[str, Tensor]]:
    """COCO's crowd flag marks what counts neither as missed nor as a false alarm."""
    for boxes, labels, ignored in zip(batch.boxes, batch.labels, batch.ignored, strict=True):
        yield {
            "boxes": cat([boxes, ignored]).cpu(),
            "labels": cat([labels, labels.new_zeros(len(ignored))]).cpu(),
            "iscrowd": cat([labels.new_zeros(len(labels)), labels.new_ones(len(ignored))]).cpu(),
        }
