"""Whether a network that was exported sees what the network sees that was trained: on real frames, after suppression."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from components.contracts import Detections, Floats64
from components.evaluation.agreement import pair

Share = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far an exported network may be from the one that was trained. None: as far as it likes.

    A runtime that computes the same is held to the pixel; a precision that computes something else (int8) to its accuracy on
    labelled pictures, by `map50_loss` and `map_loss` alone.
    """

    box_px_max: float | None = None  # pixels of the picture, of any side of a box
    box_px_mean: float | None = None
    score_max: float | None = None  # 0..1
    score_mean: float | None = None
    same: Share = 1.0  # least share of detections that both have
    map50_loss: Share = 1.0  # most mAP50 that may be lost on labelled pictures
    map_loss: Share = 1.0  # most mAP at IoU 0.50 to 0.95, which falls where boxes wander

    @property
    def by_accuracy(self) -> bool:
        """Whether nothing but accuracy decides."""
        return all(each is None for each in (self.box_px_max, self.box_px_mean, self.score_max, self.score_mean))

    def costs(self, before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
        """What an export loses of `map50` and `map` beyond what it may, in words; NaN is where nobody is labelled."""
        limits = {"map50": self.map50_loss, "map": self.map_loss}
        if self.by_accuracy and any(np.isnan(before[name]) for name in limits):
            return ["nobody is labelled in these pictures, and nothing else says what this precision costs; give another split="]
        return [
            f"{name} {after[name]:.4f} after {before[name]:.4f}, allowed loss {most:g}"
            for name, most in limits.items()
            if not (np.isnan(before[name]) or before[name] - after[name] <= most)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How far two detectors are apart on some frames. Differences are those of pairs; NaN where there are none."""

    frames: int
    detections: int  # of the network that was trained
    box_px_max: float
    box_px_mean: float
    score_max: float
    score_mean: float
    same: float  # share of detections that have a partner; those within `score_max` of the threshold need none

    def beyond(self, tolerance: Tolerance) -> list[str]:
        """What is further apart than allowed, in words; nothing where the export may be used."""
        names = ("box_px_max", "box_px_mean", "score_max", "score_mean")
        allowed = {name: getattr(tolerance, name) for name in names}
        wrong = [
            f"{name} {getattr(self, name):.4g}, allowed {most:g}"
            for name, most in allowed.items()
            if most is not None and getattr(self, name) > most
        ]
        return wrong + ([f"same {self.same:.4f}, expected {tolerance.same:g}"] if self.same < tolerance.same else [])


def parity(
    trained: Sequence[Detections], exported: Sequence[Detections], *, least: float, edge: float, overlap: float = 0.5
) -> Parity:
    """Frame by frame. `least` is the score from which both report; who is within `edge` above it may be seen by one alone."""
    found = list(zip(trained, exported, strict=True))
    pairs = [pair(one, other, overlap=overlap) for one, other in found]
    boxes = _joined(np.abs(a.boxes[p.one] - b.boxes[p.other]).max(1, initial=0) for (a, b), p in zip(found, pairs, strict=True))
    scores = _joined(np.abs(a.scores[p.one] - b.scores[p.other]) for (a, b), p in zip(found, pairs, strict=True))
    lost = [np.r_[a.scores[p.only_one], b.scores[p.only_other]] for (a, b), p in zip(found, pairs, strict=True)]
    alone = sum(int((each > least + edge).sum()) for each in lost)
    both = 2 * len(scores)
    return Parity(
        frames=len(found), detections=sum(map(len, trained)), box_px_max=_of(boxes, np.max), box_px_mean=_of(boxes, np.mean),
        score_max=_of(scores, np.max), score_mean=_of(scores, np.mean), same=both / (both + alone) if both + alone else 1.0,
    )  # fmt: skip


def _joined(parts: Iterable[np.ndarray]) -> Floats64:
    return np.concatenate([np.zeros(0), *parts]).astype(np.float64)


def _of(values: Floats64, figure: object) -> float:
    return float(figure(values)) if len(values) else float("nan")  # type: ignore[operator]
