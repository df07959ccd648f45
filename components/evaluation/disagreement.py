"""Pictures on which runs disagree most: what one finds, rightly or wrongly, and another does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from components.contracts import Floats32, Ints
from components.evaluation.contrast import Table
from components.evaluation.judged import JUDGED
from components.evaluation.matching import BITS
from components.geometry import iou

OVERLAP = 0.5  # IoU from which two runs mean the same
LOOKED_AT = 300  # pictures whose boxes are compared, chosen by how many are right and wrong in each
APART = 60 * 10**9  # ns between two pictures of one camera, as long as there are others: neighbours look alike


@dataclass(frozen=True, slots=True)
class Found:
    """What one run has found in a picture, above the score."""

    boxes: Floats32  # (n, 4) xyxy, pixels of the dataset's picture
    right: NDArray[np.bool_]  # (n,) somebody at IoU 0.5
    scores: Floats32  # (n,)


@dataclass(frozen=True, slots=True)
class Disputed:
    """One picture, and what each run has found in it."""

    key: str
    camera: str
    time: int  # fleet time, ns
    boxes: int  # that the first run has and another does not, or the other way round; of the run with the most
    found: tuple[Found, ...]


def disputed(tables: Sequence[Table], folders: Sequence[Path], *, score: float, most: int) -> list[Disputed]:
    """Up to `most` pictures, those with the most disputed boxes first; `tables` are paired, `folders` hold them."""
    rows = _candidates(tables, score)
    if not len(rows):
        return []
    keys = [tables[0].keys[row] for row in rows.tolist()]
    found = [_found(folder, keys, score) for folder in folders]
    columns = tables[0].columns
    every = [
        Disputed(key, columns.cameras[columns.camera[row]], int(columns.time[row]), _boxes([each[key] for each in found]),
                 tuple(each[key] for each in found))
        for row, key in zip(rows.tolist(), keys, strict=True)
    ]  # fmt: skip
    ranked = sorted((each for each in every if each.boxes), key=lambda each: (-each.boxes, each.camera, each.time))
    return _apart(ranked, most)


def _candidates(tables: Sequence[Table], score: float) -> Ints:
    """Rows of pictures, those first where the runs' counts of right and wrong detections are furthest apart."""
    counts = np.array([_counts(table, score) for table in tables])  # (runs, 3, pictures)
    spread = (counts.max(axis=0) - counts.min(axis=0)).sum(axis=0)
    touched = counts[:, :2].sum(axis=(0, 1)) > 0
    order = np.argsort(-spread, kind="stable")
    return np.asarray(order[touched[order]][:LOOKED_AT], np.int64)


def _counts(table: Table, score: float) -> Ints:
    """(3, pictures) right, wrong, and a sum of scores that tells pictures with as many of both apart."""
    columns = table.columns
    above = columns.score >= np.float32(score)  # NaN: no
    right = above & ((columns.matches & BITS[0]) != 0)
    wrong = above & ~right & ((columns.ignored & BITS[0]) == 0)
    count = [np.bincount(columns.picture[which], minlength=len(columns.time)) for which in (right, wrong)]
    total = np.bincount(columns.picture[above], weights=columns.score[above], minlength=len(columns.time))
    return np.array([*count, total / 1000])


def _found(folder: Path, keys: Sequence[str], score: float) -> dict[str, Found]:
    names = ["image", "score", "matches", "x1", "y1", "x2", "y2"]
    table = pq.read_table(folder / JUDGED, columns=names, filters=[("image", "in", list(keys)), ("score", ">=", score)])
    images = np.array(table["image"].to_pylist(), dtype=object)
    boxes = np.stack([table[side].to_numpy() for side in names[3:]], axis=1) if len(images) else np.zeros((0, 4), np.float32)
    right, scores = (table["matches"].to_numpy() & BITS[0]) != 0, table["score"].to_numpy()
    rows = {key: np.flatnonzero(images == key) for key in keys}
    return {key: Found(boxes[at], right[at], scores[at]) for key, at in rows.items()}


def _boxes(found: Sequence[Found]) -> int:
    """The most boxes that the first run and another one do not share."""
    return max((_unshared(found[0].boxes, other.boxes) for other in found[1:]), default=0)


def _unshared(one: Floats32, other: Floats32) -> int:
    """Boxes of both without a partner; each takes the free one that it covers best, the best pairs first."""
    if not len(one) or not len(other):
        return len(one) + len(other)
    overlap, pairs = iou(one, other), 0
    while overlap.max() >= OVERLAP:
        i, j = np.unravel_index(int(overlap.argmax()), overlap.shape)
        overlap[i], overlap[:, j], pairs = -1, -1, pairs + 1
    return len(one) + len(other) - 2 * pairs


def _apart(ranked: Sequence[Disputed], most: int) -> list[Disputed]:
    """The first ones, leaving neighbours in time of the same camera for last."""
    chosen: list[Disputed] = []
    for each in ranked:
        if len(chosen) < most and not any(each.camera == one.camera and abs(each.time - one.time) < APART for one in chosen):
            chosen.append(each)
    taken = {each.key for each in chosen}
    rest = [each for each in ranked if each.key not in taken]
    return [*chosen, *rest][:most]
