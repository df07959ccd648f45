"""How much a detector's figures would differ on other pictures of the same kind, from draws with replacement.

The bootstrap is Efron's (Annals of Statistics 7, 1979), intervals are percentiles (Efron and Tibshirani 1993, chapter 13). Runs
are compared on the same draws, so that what is hard for all of them cancels out of the difference. Average precision is COCO's,
with 101 points of recall, as pycocotools has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from components.contracts import Floats32, Floats64, Ints
from components.evaluation.judged import Columns
from components.evaluation.matching import BITS
from components.evaluation.precision import RECALLS

ROOM = 300_000  # numbers of one array, so that it stays in the processor's cache: more draws are taken one after the other


@dataclass(frozen=True, slots=True)
class Judged:
    """Detections of some pictures, best first, and per picture the counts that its rates are made of."""

    picture: Ints  # (n,) of the pictures below; only rows with a score
    matches: NDArray[np.uint16]  # (n,)
    ignored: NDArray[np.uint16]  # (n,)
    people: Floats32  # (pictures,) who are asked for
    right: Floats32  # (pictures,) detections above the score that are somebody, at IoU 0.5
    wrong: Floats32  # (pictures,) detections above the score that are nobody


def judged(columns: Columns, score: float) -> Judged:
    """`columns` as they are drawn from; precision, recall and F1 are at `score`."""
    rows = np.flatnonzero(~np.isnan(columns.score))
    rows = rows[np.argsort(-columns.score[rows], kind="stable")]
    right = (columns.matches[rows] & BITS[0]) != 0
    wrong = ~right & ((columns.ignored[rows] & BITS[0]) == 0)
    above = columns.score[rows] >= np.float32(score)
    counts = [_per_picture(columns.picture[rows], which & above, len(columns.time)) for which in (right, wrong)]
    return Judged(
        columns.picture[rows], columns.matches[rows], columns.ignored[rows], columns.crowd.astype(np.float32), *counts
    )  # fmt: skip


def draws(pictures: int, *, count: int, seed: int, width: int = 1) -> Iterator[Floats32]:
    """(some, pictures) how often each picture is in each of `count` draws, the pictures themselves (all 1) being the first.

    `width` is the longest row that the caller makes of one draw; it decides how many come at once, not what they are.
    """
    random = np.random.default_rng(seed)
    yield np.ones((1, pictures), np.float32)
    at_once = max(1, ROOM // max(pictures, width, 1))
    for start in range(0, count, at_once):
        some = min(at_once, count - start)
        chosen = random.integers(0, pictures, (some, pictures)) + np.arange(some)[:, None] * pictures
        yield np.bincount(chosen.ravel(), minlength=some * pictures).reshape(some, pictures).astype(np.float32)


def figures(found: Judged, weights: Floats32) -> dict[str, Floats64]:
    """Each figure of each draw, (draws,); NaN where it has no meaning. `weights` is (draws, pictures)."""
    each = average_precisions(found, weights, BITS)
    return {"map50": each[:, 0], "map": each.mean(axis=1), **rates(found, weights)}


def rates(found: Judged, weights: Floats32) -> dict[str, Floats64]:
    """Precision, recall and F1 of each draw."""
    right, wrong, people = ((weights @ column).astype(np.float64) for column in (found.right, found.wrong, found.people))
    with np.errstate(invalid="ignore", divide="ignore"):
        return {"precision": right / (right + wrong), "recall": right / people, "f1": 2 * right / (right + wrong + people)}


def of_some(found: Judged, pictures: NDArray[np.bool_]) -> Judged:
    """Only some of the pictures, counted anew; their weights are those columns of the draws."""
    kept, number = pictures[found.picture], np.cumsum(pictures) - 1
    per_picture = (column[pictures] for column in (found.people, found.right, found.wrong))
    return Judged(number[found.picture[kept]], found.matches[kept], found.ignored[kept], *per_picture)


def average_precisions(found: Judged, weights: Floats32, bits: Sequence[int] | NDArray[np.uint16]) -> Floats64:
    """(draws, bits) average precision at the IoU of each bit; NaN in draws where nobody is asked for.

    Nothing is sorted or matched again: a picture that was drawn k times counts k times where it stands.
    """
    people = np.rint(weights @ found.people).astype(np.int64)
    needed, nobody = _needed(people), people == 0
    events = np.flatnonzero(found.matches | found.ignored)  # all other rows are wrong at every IoU
    drawn = weights.take(found.picture[events], axis=1)  # rows that lie together, which indexing does not give
    upto = np.cumsum(drawn, axis=1)  # of all events, right or wrong or neither
    upto += _wrong_before(found, events, weights)
    result = np.empty((len(weights), len(bits)))
    for column, bit in enumerate(bits):
        right = np.flatnonzero(found.matches[events] & bit)
        neither = np.flatnonzero((found.matches[events] & bit == 0) & (found.ignored[events] & bit != 0))
        counted = upto.take(right, axis=1)
        if len(neither):
            before = np.searchsorted(neither, right)
            counted -= np.cumsum(np.pad(drawn.take(neither, axis=1), ((0, 0), (1, 0))), axis=1).take(before, axis=1)
        result[:, column] = _mean_precision(np.cumsum(drawn.take(right, axis=1), axis=1), counted, needed)
    result[nobody] = np.nan
    return result


def _mean_precision(right: Floats32, counted: Floats32, needed: Ints) -> Floats64:
    """(draws,) of what stands at the rows that are right: how many are right up to there, and how many right or wrong."""
    draws, rows = right.shape
    if not rows:
        return np.zeros(draws)
    precision = np.zeros((draws, rows + 1), np.float32)  # what is never reached has precision 0
    np.divide(right, np.maximum(counted, 1), out=precision[:, :rows])
    step = float(max(right[:, -1].max(), needed.max())) + 1
    exact = np.dtype(np.float32 if step * draws < 2**24 else np.float64)  # these are whole numbers
    draw = np.arange(draws)[:, None]
    shift = draw.astype(exact) * np.array(step, exact)
    flat = np.searchsorted((right + shift).ravel(), (needed + shift).astype(exact).ravel()).reshape(needed.shape)
    reached = np.clip(flat - draw * rows, 0, rows) + draw * (
        rows + 1
    )  # each draw's first is its row 0, where the last one's end is
    between = np.maximum.reduceat(precision.ravel(), reached.ravel()).reshape(needed.shape)
    envelope = np.maximum.accumulate(between[:, ::-1], axis=1)
    return np.asarray(envelope.mean(axis=1, dtype=np.float64), np.float64)


def _needed(people: Ints) -> Ints:
    """(draws, 101) how many must be right for each of RECALLS: the fewest k with k / people >= recall, in doubles as in COCO."""
    whole = np.maximum(people, 1)[:, None]
    needed = np.ceil(RECALLS * whole).astype(np.int64)
    needed -= (needed > 0) & ((needed - 1) / whole >= RECALLS)
    return np.asarray(needed + (needed / whole < RECALLS), np.int64)


def _wrong_before(found: Judged, events: Ints, weights: Floats32) -> Floats32:
    """(draws, events) how many detections that are wrong at every IoU come before each event."""
    plain = np.flatnonzero((found.matches | found.ignored) == 0)
    following = np.searchsorted(events, plain)
    kept = following < len(events)
    size = (len(events), weights.shape[1])
    ones = np.ones(int(kept.sum()), np.float32)
    counts = csr_matrix((ones, (following[kept], found.picture[plain[kept]])), shape=size)
    return np.cumsum(np.ascontiguousarray((counts @ weights.T).T), axis=1)


def _per_picture(picture: Ints, which: NDArray[np.bool_], pictures: int) -> Floats32:
    return np.bincount(picture[which], minlength=pictures).astype(np.float32)


def stacked(parts: Sequence[Mapping[str, Floats64]]) -> dict[str, Floats64]:
    """The figures of several lots of draws as one."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
