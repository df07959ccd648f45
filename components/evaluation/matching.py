"""Which detection is which person, at ten overlaps at once, as COCO matches them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from components.contracts import PERSON, Detections, Floats32, Floats64, InputError, Ints
from components.geometry import iou

OVERLAPS: Floats64 = np.linspace(0.5, 0.95, 10)  # IoU; bit i of a mask is for the i-th
BITS = (1 << np.arange(len(OVERLAPS))).astype(np.uint16)
MOST = 100  # detections of one picture that count, the best ones, as in COCO


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the detections of one picture, best first, and who was missed."""

    boxes: Floats32  # (n, 4) xyxy
    scores: Floats32  # (n,) descending
    matches: NDArray[np.uint16]  # (n,) bit i: a person at OVERLAPS[i]
    ignored: NDArray[np.uint16]  # (n,) bit i: neither right nor wrong, as it lies on somebody who need not be found
    people: Ints  # (n,) which person at OVERLAPS[0]; -1: nobody who is asked for
    missed: Ints  # (k,) who is asked for, and not found at OVERLAPS[0]


def match(found: Detections, people: ArrayLike, hidden: NDArray[np.bool_]) -> Verdict:
    """`people` (m, 4) xyxy in the pixels of `found`; those `hidden` (m,) need not be found.

    As in COCO's evaluation: each detection, best first, takes the free person that it covers best; one that has nobody left is
    ignored where enough of it lies on somebody hidden, however many lie there. Raises InputError for a label other than people's.
    """
    if len(strange := np.unique(found.labels[found.labels != PERSON])):
        raise InputError(
            f"detector: it reports classes {strange.tolist()}, the dataset is labelled with people only ({PERSON}); "
            "choose a detector that reports people"
        )
    order = np.argsort(-found.scores, kind="stable")[:MOST]
    boxes, people = found.boxes[order], np.asarray(people, np.float64).reshape(-1, 4)
    wanted = np.flatnonzero(~hidden)
    matched, who = _assigned(iou(boxes, people[wanted]))
    excused = ~matched & (_inside(boxes, people[hidden])[:, None] >= OVERLAPS)
    persons = np.append(wanted, -1)[who]  # -1 stays -1
    missed = np.setdiff1d(wanted, persons)
    return Verdict(boxes, found.scores[order], _mask(matched), _mask(excused), persons, missed)


def _assigned(overlap: Floats64) -> tuple[NDArray[np.bool_], Ints]:
    """(n, 10) whether a detection has a person, and (n,) its column at the first overlap, -1 for none."""
    matched = np.zeros((len(overlap), len(OVERLAPS)), np.bool_)
    who = np.full(len(overlap), -1, np.int64)
    free = np.ones((len(OVERLAPS), overlap.shape[1]), np.bool_)
    for row in np.flatnonzero((overlap >= OVERLAPS[0]).any(axis=1)).tolist():
        fits = np.where(free & (overlap[row] >= OVERLAPS[:, None]), overlap[row], -1.0)
        best = fits.shape[1] - 1 - fits[:, ::-1].argmax(axis=1)  # of two alike COCO takes the later
        matched[row] = fits[np.arange(len(fits)), best] >= 0
        free[matched[row], best[matched[row]]] = False
        who[row] = best[0] if matched[row, 0] else -1
    return matched, who


def _inside(boxes: Floats32, regions: Floats64) -> Floats64:
    """(n,) the greatest share of each box that lies in one of the regions."""
    if not len(regions) or not len(boxes):
        return np.zeros(len(boxes))
    a, b = boxes[:, None].astype(np.float64), regions[None]
    corners = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.maximum(corners, 0).prod(axis=2).max(axis=1)
    area = np.maximum(a[:, 0, 2:] - a[:, 0, :2], 0).prod(axis=1)
    return np.asarray(np.divide(shared, area, out=np.zeros_like(shared), where=area > 0), np.float64)


def _mask(columns: NDArray[np.bool_]) -> NDArray[np.uint16]:
    return np.asarray((columns * BITS).sum(axis=1), np.uint16)
