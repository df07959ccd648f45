"""Turns away frames that were not decoded whole: seams of misplaced blocks, grey or green filling, smeared lines."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Bgr, Frame, InputError, Rejected
from components.preprocessing.judging import judged
from components.preprocessing.planes import luma

GRID = 16  # px: the macroblocks of MPEG-2, MPEG-4 and H.264, and a common divisor of the blocks of H.265 and AV1
OFF = (4, 12)  # px: where codecs have no grid, and what people have built may well have one
LONG = 4  # pieces: what steps for longer along one line is the edge of something
PIECE = 8  # px: length of a piece of a seam
FEW = 8  # pieces: so many step by chance; in a small picture that would be a share of some size
STEP = 12  # levels: what a seam steps by, at least
ALONE = 3  # a seam steps by more than three times what there is on either side
FLAT = 1  # levels: the range of a block that a decoder has filled
GREY = (124, 134)  # what is filled with no chroma and a luma of 126-128, whichever range it has


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrupt:
    """Rejects a frame that the decoder had to make up in part. Place it before any step that moves pixels.

    `seams` is the share of the 16 px grid that steps alone, beyond what steps off the grid: misplaced blocks. H.264 of six real
    cameras has at most 0.002, also at rates at which faces blur (CRF 38); where a damaged stream has spoiled 3 % of the picture
    and more, it is 0.003 to 0.03 for four frames in five. MPEG-4 that is as blocky as that is rejected too. `filled` is the share
    of blocks of one and the same grey (no reference picture) or green (no data), at most 0.01 in order; `smeared` the share
    of lines with content that repeat the line above, at most 0.14. A source may say that a frame is damaged by itself: `damaged`
    in its quality. What an error-concealing decoder has copied from the frame before passes, as nothing of it shows.
    Measures `seams`, `filled` and `smeared`.
    """

    seams: float = 0.003
    filled: float = 0.1
    smeared: float = 0.2

    def __post_init__(self) -> None:
        for name in ("seams", "filled", "smeared"):
            if not 0 < getattr(self, name) <= 1:
                raise InputError(f"corrupt from {name} {getattr(self, name)}, expected a share of more than 0, and at most 1")

    def __call__(self, frame: Frame) -> Frame | Rejected:
        plane = luma(frame.image)
        found = {"seams": _seams(plane), "filled": _filled(frame.image), "smeared": _smeared(plane)}
        limits = {"seams": self.seams, "filled": self.filled, "smeared": self.smeared}
        damaged = frame.quality.get("damaged", 0) > 0 or any(found[name] >= limits[name] for name in found)
        return judged(frame, "corrupt" if damaged else "", **found)


def _seams(plane: NDArray[np.uint8]) -> float:
    """Pieces of lone steps on the grid, less the usual number off it, as a share of the pieces on the grid."""
    on, off, pieces = 0.0, 0.0, 0
    for lines in (np.ascontiguousarray(plane), cv2.transpose(plane)):
        on += _lone(lines, 0)
        off += sum(_lone(lines, shift) for shift in OFF) / len(OFF)
        pieces += lines.shape[0] // GRID * (lines.shape[1] // PIECE)
    return (on - off) / pieces if on - off >= FEW else 0.0


def _lone(lines: Any, shift: int) -> int:
    """How many pieces of 8 px step alone between a line of the grid, moved by `shift`, and the one before it; few per line."""
    columns, rows = lines.shape[1] // PIECE, np.arange(GRID + shift, lines.shape[0] - 1, GRID)
    if not columns or not len(rows):
        return 0
    around = [lines[rows + i, : columns * PIECE] for i in (-2, -1, 0, 1)]
    before, step, after = (np.asarray(cv2.absdiff(right, left), np.int16) for left, right in pairwise(around))
    alone = (step > STEP) & (step > ALONE * np.maximum(before, after))
    pieces = (alone.reshape(len(rows), columns, PIECE).sum(axis=2) >= PIECE - 1).sum(axis=1)
    return int(np.minimum(pieces, LONG).sum())


def _filled(image: Bgr) -> float:
    """The share of 8 px blocks that are all of one and the same grey, or green, as no camera makes them."""
    rows, columns = image.shape[0] // PIECE, image.shape[1] // PIECE
    if not rows or not columns:
        return 0.0
    blocks = image[: rows * PIECE, : columns * PIECE].reshape(rows, PIECE, columns, PIECE, 3)
    corners = blocks[:, 0, :, 0]
    grey = ((corners >= GREY[0]) & (corners <= GREY[1])).all(axis=2)
    green = (corners[..., 1] > 60) & (corners[..., 0] < 30) & (corners[..., 2] < 30)
    y, x = np.nonzero(grey | green)
    suspects = blocks[y, :, x]
    flat = suspects.max(axis=(1, 2)).astype(np.int16) - suspects.min(axis=(1, 2)) <= FLAT
    colours = suspects[flat.all(axis=1), 0, 0].astype(np.int64) @ (1, 1 << 8, 1 << 16)
    return float(np.unique(colours, return_counts=True)[1].max(initial=0) / (rows * columns))


def _smeared(plane: NDArray[np.uint8]) -> float:
    """The share of lines that have content and repeat the line above; every fourth column is looked at."""
    if plane.shape[0] < 2:
        return 0.0
    lines = np.ascontiguousarray(plane[:, ::4])
    same = (lines[1:] == lines[:-1]).mean(axis=1)
    repeats = np.flatnonzero(same > 0.95)
    return float(np.count_nonzero(lines[1:][repeats].std(axis=1) > 4)) / len(same)
