"""COCO's average precision, and precision, recall and F1 over the score, from the columns of what was judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.contracts import Floats32, Floats64, Ints
from components.evaluation.matching import BITS

RECALLS: Floats64 = np.linspace(0, 1, 101)  # at which COCO reads the precision
TINY = np.spacing(1.0)


@dataclass(frozen=True, slots=True)
class Scored:
    """Detections of some pictures, best first, and how many people these ask for."""

    score: Floats32  # (n,) descending
    matches: NDArray[np.uint16]
    ignored: NDArray[np.uint16]
    people: int


def scored(score: Floats32, matches: NDArray[np.uint16], ignored: NDArray[np.uint16], people: int) -> Scored:
    """Rows in any order; those without a score (people who were missed) are left out."""
    rows = np.flatnonzero(~np.isnan(score))
    rows = rows[np.argsort(-score[rows], kind="stable")]
    return Scored(score[rows], matches[rows], ignored[rows], people)


def average_precisions(found: Scored) -> Floats64:
    """(10,) average precision at IoU 0.50, 0.55 ... 0.95; NaN where nobody is asked for."""
    if not found.people:
        return np.full(len(BITS), np.nan)
    return np.array([_precisions(*_counts(found, bit), found.people).mean() for bit in BITS])


def envelope(found: Scored, overlap: int) -> Floats64:
    """(101,) the best precision that reaches at least each of RECALLS, at the IoU of bit `overlap`."""
    return _precisions(*_counts(found, BITS[overlap]), found.people) if found.people else np.full(len(RECALLS), np.nan)


@dataclass(frozen=True, slots=True)
class Rates:
    """What comes out when detections from a score on count, at IoU 0.5. NaN where a figure has no meaning."""

    score: float
    precision: float
    recall: float
    f1: float


def rates(found: Scored, score: float) -> Rates:
    """The rates from `score` (0..1) on."""
    return over_scores(found, np.array([score], np.float64))[0]


def over_scores(found: Scored, scores: Floats64) -> list[Rates]:
    """The rates from each of `scores` on."""
    right, wrong = _counts(found, BITS[0])
    upto: Ints = np.searchsorted(-found.score, -scores.astype(np.float32), side="right")
    hits, alarms = (np.concatenate([[0], column])[upto].astype(np.float64) for column in (right, wrong))
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = hits / (hits + alarms), hits / np.float64(found.people)
        f1 = 2 * hits / (hits + alarms + found.people)
    columns = (scores, precision, recall, f1)
    return [Rates(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def best(found: Scored) -> Rates:
    """The rates at the score that a detection has for which F1 is highest; of several such scores the highest."""
    if not len(found.score) or not found.people:
        return rates(found, 1.0)
    right, wrong = _counts(found, BITS[0])
    last = np.append(np.flatnonzero(np.diff(found.score)), len(found.score) - 1)  # of those with the same score
    f1 = 2 * right[last] / (right[last] + wrong[last] + found.people)
    return rates(found, float(found.score[last[int(f1.argmax())]]))


def _counts(found: Scored, bit: np.uint16) -> tuple[Ints, Ints]:
    """How many are right and how many wrong, up to each detection."""
    right, excused = (found.matches & bit) != 0, (found.ignored & bit) != 0
    return np.cumsum(right), np.cumsum(~right & ~excused)


def _precisions(right: Ints, wrong: Ints, people: int) -> Floats64:
    """As pycocotools accumulates them."""
    recall, precision = right / people, right / (right + wrong + TINY)
    monotone = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)  # what is never reached has precision 0
    return np.asarray(monotone[np.searchsorted(recall, RECALLS, side="left")], np.float64)
