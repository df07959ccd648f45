"""Which detections of two detectors, on one frame, are of the same person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.contracts import Detections, Floats64, Ints
from components.geometry import iou


@dataclass(frozen=True, slots=True)
class Pairs:
    """Row i of `one`, `other` and `overlap` is a pair; `only_one` and `only_other` are the rest, by rows of their detections."""

    one: Ints
    other: Ints
    overlap: Floats64  # (pairs,) IoU
    only_one: Ints
    only_other: Ints

    @property
    def agreement(self) -> float:
        """The share of all detections that have a partner, 0..1; 1 where there are none."""
        alone = len(self.only_one) + len(self.only_other)
        return 2 * len(self.one) / (2 * len(self.one) + alone) if len(self.one) + alone else 1.0


def pair(one: Detections, other: Detections, *, overlap: float = 0.5) -> Pairs:
    """Pairs that overlap by `overlap` (IoU, 0..1) or more, the closest first; each detection is in one pair at most."""
    overlaps = iou(one.boxes, other.boxes) if len(one) and len(other) else np.zeros((len(one), len(other)))
    rows, columns, best = [], [], []
    free_rows, free_columns = np.ones(len(one), np.bool_), np.ones(len(other), np.bool_)
    for place in np.argsort(-overlaps, axis=None, kind="stable"):
        row, column = divmod(int(place), len(other))
        if overlaps[row, column] < overlap:
            break
        if free_rows[row] and free_columns[column]:
            free_rows[row] = free_columns[column] = False
            rows.append(row)
            columns.append(column)
            best.append(float(overlaps[row, column]))
    return Pairs(
        np.array(rows, np.int64), np.array(columns, np.int64), np.array(best, np.float64),
        np.flatnonzero(free_rows).astype(np.int64), np.flatnonzero(free_columns).astype(np.int64),
    )  # fmt: skip
