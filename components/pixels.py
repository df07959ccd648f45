"""Between the pixels of a frame's picture and its camera's native ones, whatever preprocessing has made of the picture.

`Frame.to_native` is a 3x3, which undoing a lens is not. So a straightened frame says so (`Frame.straight`): its matrix leads to
the native pixels of a perfect lens, and the camera's own lens, which the registry knows, bends them. No fit of a 3x3 to a lens is
good enough: on four calibrated ceiling cameras (1288x728, k1 about -0.22) the best one is 6.6 px wrong in the median and 13 px at
the 95th percentile, where this is exact; and nothing has to be carried along, as whoever has a frame has its camera.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from components.contracts import Camera, Floats64, Frame
from components.geometry import transform_boxes, transform_points
from components.view import View


def native_points(frame: Frame, points: ArrayLike) -> Floats64:
    """(n, 2) native pixels of pixels of the picture."""
    mapped = transform_points(frame.to_native, points)
    return view(frame.camera).bent(mapped) if frame.straight else mapped


def picture_points(frame: Frame, points: ArrayLike) -> Floats64:
    """(n, 2) pixels of the picture of native pixels; NaN where the model of the lens does not hold."""
    native = np.asarray(points, np.float64).reshape(-1, 2)
    return transform_points(np.linalg.inv(frame.to_native), view(frame.camera).straight(native) if frame.straight else native)


def native_boxes(frame: Frame, boxes: ArrayLike) -> Floats64:
    """(n, 4) xyxy in native pixels of boxes in the picture.

    A lens bends the edges of a box: each is placed by its middle, where the head and the feet are.
    """
    if not frame.straight:
        return transform_boxes(frame.to_native, boxes)
    return _upright(native_points(frame, _middles(boxes) - 0.5) + 0.5)


def picture_boxes(frame: Frame, boxes: ArrayLike) -> Floats64:
    """(n, 4) xyxy in pixels of the picture of boxes in native pixels; empty where the model of the lens does not hold."""
    if not frame.straight:
        return transform_boxes(np.linalg.inv(frame.to_native), boxes)
    found = _upright(picture_points(frame, _middles(boxes) - 0.5) + 0.5)
    return np.asarray(np.where(np.isfinite(found).all(axis=1, keepdims=True), found, 0.0), np.float64)


def limits(frame: Frame) -> Floats64:
    """(4,) xyxy in native pixels: what of the camera's picture the frame shows; padding shows nothing."""
    h, w = frame.image.shape[:2]
    shown = native_boxes(frame, [(0, 0, w, h)])[0]
    size = frame.camera.calibration.size if frame.camera.calibration else (0, 0)
    return np.asarray(np.clip(shown, 0, size * 2), np.float64) if all(size) else shown


@lru_cache(maxsize=1024)
def view(camera: Camera) -> View:
    """What the registry says about a camera's pixels."""
    return View(camera)


def _middles(boxes: ArrayLike) -> Floats64:
    """(4 * n, 2) the middles of the left, upper, right and lower edges."""
    x1, y1, x2, y2 = np.asarray(boxes, np.float64).reshape(-1, 4).T
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    return np.stack([np.stack([x1, y], 1), np.stack([x, y1], 1), np.stack([x2, y], 1), np.stack([x, y2], 1)], 1).reshape(-1, 2)


def _upright(middles: Floats64) -> Floats64:
    """(n, 4) xyxy of the boxes whose edges have these middles."""
    edges = middles.reshape(-1, 4, 2)
    return np.stack([edges[:, 0, 0], edges[:, 1, 1], edges[:, 2, 0], edges[:, 3, 1]], axis=1)
