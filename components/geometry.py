"""Between the pixels of a picture and those of the camera: one convention for points and for boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from components.contracts import Floats64


def transform_points(matrix: ArrayLike, points: ArrayLike) -> Floats64:
    """(n, 2) points through the 3x3 `matrix`; whole numbers are the centres of pixels, as in OpenCV."""
    points = np.asarray(points, np.float64).reshape(-1, 2)
    mapped = np.column_stack([points, np.ones(len(points))]) @ np.asarray(matrix, np.float64).T
    return mapped[:, :2] / mapped[:, 2:]


def transform_boxes(matrix: ArrayLike, boxes: ArrayLike) -> Floats64:
    """(n, 4) xyxy boxes through the 3x3 `matrix`, as the upright boxes around the mapped corners.

    The edges of a box run between pixels: the box of a whole picture is (0, 0, width, height), half a pixel beyond the
    outermost centres. That is the convention of COCO, YOLO and of `components.letterbox`.
    """
    x1, y1, x2, y2 = np.asarray(boxes, np.float64).reshape(-1, 4).T
    corners = np.stack([np.stack([x1, y1], 1), np.stack([x2, y1], 1), np.stack([x2, y2], 1), np.stack([x1, y2], 1)], 1)
    mapped = transform_points(matrix, corners - 0.5).reshape(-1, 4, 2) + 0.5
    return np.concatenate([mapped.min(1), mapped.max(1)], axis=1)


def iou(first: ArrayLike, second: ArrayLike) -> Floats64:
    """(n, m) intersection over union of (n, 4) and (m, 4) xyxy boxes; 0 where both are empty."""
    a, b = np.asarray(first, np.float64).reshape(-1, 1, 4), np.asarray(second, np.float64).reshape(1, -1, 4)
    shared = _area(np.concatenate([np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])], axis=-1))
    union = _area(a) + _area(b) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _area(boxes: NDArray[np.float64]) -> Floats64:
    return np.asarray(np.prod(np.maximum(boxes[..., 2:] - boxes[..., :2], 0), axis=-1), np.float64)
