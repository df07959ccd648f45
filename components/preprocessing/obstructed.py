"""Turns away frames of a lens that something stands, hangs or sprays in front of."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Bgr, Floats32, Frame, InputError, Rejected
from components.preprocessing.judging import fields, judged, small

FIELD = 24  # px at the width at which pictures are judged
PLAIN = 0.02  # standard deviation over mean of the luma below which a field shows nothing
PAUSE = 1.0  # s of fleet time that one frame teaches at most
FLOOR = 8.0  # luma (0-255) that the darkest field counts as, where noise is no texture


class Obstructed:
    """Rejects a frame in which at least `plain` of the picture shows nothing, or at least `lost` of what usually shows something.

    Fields of 24 x 24 px at a width of 480 show nothing where the standard deviation of their luma is below 2 % of its mean, a
    ratio that the light does not move: a hand or a cloth before the lens is out of focus and has no texture (as edges that
    disappear tell tampering, Ribnick 2006, Saglam 2009). What usually shows something is learned from frames that pass, over
    `memory` seconds; until half of that, `plain` alone judges. Six real cameras in order have at most 0.08 plain fields, and
    with 60 % of the lens covered 0.38 and more. One instance per camera. Measures `plain` and `lost`.
    """

    def __init__(self, *, plain: float = 0.6, lost: float = 0.35, memory: float = 60.0) -> None:
        if not 0 < plain <= 1 or not 0 < lost <= 1 or memory <= 0:
            raise InputError(
                f"obstructed from plain {plain} or lost {lost} with a memory of {memory} s, "
                "expected shares of 0-1 and more than 0 s"
            )
        self._plain, self._lost, self._memory = plain, lost, memory
        self._usual: Floats32 | None = None  # share of the time that each field shows something
        self._learned = self._time = 0.0  # s of fleet time learned from, and when last

    def __call__(self, frame: Frame) -> Frame | Rejected:
        shows = _shows(frame.image)
        if self._usual is None or self._usual.shape != shows.shape:
            self._usual, self._learned, self._time = shows.astype(np.float32), 0.0, frame.time / 1e9
        plain, lost = float(1 - shows.mean()), self._gone(shows)
        known = self._learned >= self._memory / 2
        covered = plain >= self._plain or (known and lost >= self._lost)
        if not covered:
            self._learn(shows, frame.time / 1e9)
        return judged(frame, "obstructed" if covered else "", plain=plain, lost=lost if known else 0.0)

    def _gone(self, shows: NDArray[np.bool_]) -> float:
        """How much of what usually shows something does not."""
        usual = np.asarray(self._usual)
        return float(np.maximum(usual - shows, 0).sum() / max(float(usual.sum()), 1e-9))

    def _learn(self, shows: NDArray[np.bool_], now: float) -> None:
        spent = min(max(now - self._time, 0.0), PAUSE)
        self._usual = np.asarray(self._usual + (shows - np.asarray(self._usual)) * min(1.0, spent / self._memory), np.float32)
        self._learned, self._time = self._learned + spent, now


def _shows(image: Bgr) -> NDArray[np.bool_]:
    """Which fields of the picture have texture beyond noise."""
    luma = np.asarray(cv2.GaussianBlur(small(image).astype(np.float32), (0, 0), 1.0), np.float32)
    mean, square = fields(luma, FIELD), fields(np.square(luma, dtype=np.float32), FIELD)
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    return np.asarray(spread >= PLAIN * np.maximum(mean, FLOOR), np.bool_)
