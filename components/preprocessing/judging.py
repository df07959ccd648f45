"""What gates share: the small picture that they look at, and how they say what they found."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Bgr, Floats32, Frame, Rejected
from components.preprocessing.planes import luma

WIDTH = 480  # px at which pictures are judged, so that thresholds hold for every camera


def small(image: Bgr) -> NDArray[np.uint8]:
    """(h, 480) uint8 luma; smaller pictures stay as they are."""
    plane = luma(image)
    h, w = plane.shape
    if w <= WIDTH:
        return plane
    return np.asarray(cv2.resize(plane, (WIDTH, max(1, round(h * WIDTH / w))), interpolation=cv2.INTER_AREA), np.uint8)


def fields(plane: NDArray[np.uint8] | Floats32, side: int) -> Floats32:
    """Means over fields of about `side` x `side` px; a small picture has one field at least."""
    h, w = plane.shape
    size = (max(1, w // side), max(1, h // side))
    return np.asarray(cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def judged(frame: Frame, reason: str, **measured: float) -> Frame | Rejected:
    """`frame` with what was `measured` of it, or what a gate returns instead where there is a `reason`."""
    quality = {**frame.quality, **measured}
    return Rejected(reason, quality) if reason else replace(frame, quality=quality)
