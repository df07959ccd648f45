"""Turns what detection networks put out into boxes of people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Floats32

Format = Literal["yolox", "yolov8", "boxes"]
STRIDES = (8, 16, 32)  # pixels of the input to one cell, in the order in which the YOLO family lists its cells


@dataclass(frozen=True, slots=True)
class Candidates:
    """What one picture may contain. Row i of both arrays is candidate i."""

    boxes: Floats32  # (n, 4) xyxy in pixels of the network's input
    scores: Floats32  # (n,) of a person


def cells(width: int, height: int) -> int:
    """How many predictions the YOLO family makes for an input of this size."""
    return sum((width // stride) * (height // stride) for stride in STRIDES)


def guess(shapes: dict[str, tuple[int, ...]], width: int, height: int) -> Format | None:
    """The format of a network's outputs, by their names and shapes; None where it is none that we read."""
    if set(shapes) >= {"boxes", "scores", "labels"}:
        return "boxes"
    shape = next(iter(shapes.values())) if len(shapes) == 1 else ()
    if len(shape) != 3:
        return None
    if shape[1] == cells(width, height) and shape[2] >= 6:
        return "yolox"
    return "yolov8" if 5 <= shape[1] < shape[2] else None


def yolox(output: Floats32, person: int, width: int, height: int, least: float = 0.0) -> Candidates:
    """From (cells, 5 + classes): centre and size relative to each cell, objectness, scores of the classes (Ge 2021).

    Only candidates with a score of `least` or more are worked out, a handful of thousands.
    """
    scores = output[:, 4] * output[:, 5 + person]
    sure = np.flatnonzero(scores >= least)
    centres, strides = _grid(width, height)
    middle = (output[sure, :2] + centres[sure]) * strides[sure]
    half = np.exp(output[sure, 2:4]) * strides[sure] / 2
    return Candidates(np.hstack([middle - half, middle + half]), scores[sure])


def yolov8(output: Floats32, person: int, least: float = 0.0) -> Candidates:
    """From (4 + classes, cells): centre and size in pixels, scores of the classes; those with a score of `least` or more."""
    sure = np.flatnonzero(output[4 + person] >= least)
    middle, half = output[:2, sure].T, output[2:4, sure].T / 2
    return Candidates(np.hstack([middle - half, middle + half]), output[4 + person, sure])


def boxes(found: Floats32, scores: Floats32, labels: NDArray[np.integer], person: int) -> Candidates:
    """From (n, 4) xyxy in pixels, (n,) scores and (n,) classes."""
    people = labels == person
    return Candidates(found[people], scores[people])


def best(candidates: Candidates, score: float, iou: float) -> Candidates:
    """The candidates of at least `score`, without those that overlap a better one by more than `iou`; best first."""
    sure = np.flatnonzero(candidates.scores >= score)
    found, scores = candidates.boxes[sure], np.clip(candidates.scores[sure], 0, 1)
    sized = np.hstack([found[:, :2], found[:, 2:] - found[:, :2]]).astype(np.float64)
    kept = np.asarray(cv2.dnn.NMSBoxes(sized, scores, 0.0, iou), np.int64).reshape(-1)  # type: ignore[arg-type]
    return Candidates(found[kept], scores[kept])


@lru_cache(maxsize=16)
def _grid(width: int, height: int) -> tuple[Floats32, Floats32]:
    """(cells, 2) column and row of each cell, and (cells, 1) its stride; read-only, as they are shared."""
    sizes = [(stride, height // stride, width // stride) for stride in STRIDES]
    centres = np.concatenate([np.indices((rows, columns))[::-1].reshape(2, -1).T for _, rows, columns in sizes]).astype(
        np.float32
    )
    strides = np.concatenate([np.full((rows * columns, 1), stride, np.float32) for stride, rows, columns in sizes])
    centres.setflags(write=False)
    strides.setflags(write=False)
    return centres, strides
