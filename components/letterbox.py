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
    resized = image if (inner_w, inner_h) == (w, h) else _resized(image, inner_w, inner_h)
    if (inner_w, inner_h) == (width, height):
        return np.ascontiguousarray(resized), scale
    padded = np.full((height, width, 3), PAD, dtype=np.uint8)
    padded[:inner_h, :inner_w] = resized
    return padded, scale


def _resized(image: Bgr, width: int, height: int) -> Bgr:
    """Halved by averaging until less than a half is left to go, then linear: no aliasing of thin limbs.

    Averaging all the way to any size costs seven times as much.
    """
    while image.shape[0] >= 2 * height and image.shape[1] >= 2 * width:
        image = np.asarray(cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
