"""The one way in which a picture is fitted into a network's input, the same in training and in serving."""

from __future__ import annotations

import cv2
import numpy as np

from components.contracts import Bgr

PAD = 114  # grey level of the empty part, as in the YOLO family


def letterbox(image: Bgr, width: int, height: int) -> tuple[Bgr, float]:
    """Fit `image` (h, w, 3) uint8 into (height, width, 3), keeping its aspect, and pad bottom and right with grey 114.

    The second value is the scale: pixel of `image` * scale = pixel of the result, for x and y alike, with no offset.
    The sides of the resized picture are rounded to whole pixels, so the scale holds to within half a pixel at the far edge.
    """
    h, w = image.shape[:2]
    scale = min(width / w, height / h)
    inner_w, inner_h = min(width, max(1, round(w * scale))), min(height, max(1, round(h * scale)))
    resized = image if (inner_w, inner_h) == (w, h) else cv2.resize(image, (inner_w, inner_h), interpolation=_kind(scale))
    if (inner_w, inner_h) == (width, height):
        return np.ascontiguousarray(resized), scale
    padded = np.full((height, width, 3), PAD, dtype=np.uint8)
    padded[:inner_h, :inner_w] = resized
    return padded, scale


def _kind(scale: float) -> int:
    """Averaging when shrinking (no aliasing of thin limbs), linear when enlarging."""
    return cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
