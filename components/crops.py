"""The part of a picture that shows one person, the same in training and in serving."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import ArrayLike

from components.contracts import Bgr, Frame
from components.pixels import picture_boxes


def crops(frame: Frame, boxes: ArrayLike) -> Iterator[Bgr]:
    """The view of each of `boxes` (n, 4) xyxy in native pixels; (0, 0, 3) where a box has no pixel in the picture."""
    return cut(frame.image, picture_boxes(frame, boxes))


def cut(image: Bgr, boxes: ArrayLike) -> Iterator[Bgr]:
    """The view of each of `boxes` (n, 4) xyxy in pixels of `image`; (0, 0, 3) where there is none."""
    h, w = image.shape[:2]
    corners = np.clip(np.nan_to_num(np.rint(np.asarray(boxes, np.float64).reshape(-1, 4))), 0, (w, h, w, h)).astype(np.int64)
    for x1, y1, x2, y2 in corners.tolist():
        yield image[y1:y2, x1:x2] if x2 > x1 and y2 > y1 else image[:0, :0]


def fitted(view: Bgr, width: int, height: int) -> Bgr:
    """`view` stretched to (height, width, 3): averaged when it shrinks (no aliasing), linear when it grows."""
    shrinks = view.shape[1] > width and view.shape[0] > height
    return np.asarray(cv2.resize(view, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.uint8)
