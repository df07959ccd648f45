"""Puts people on the floor by the camera's floor mapping."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from components.contracts import UNKNOWN, Floats64, Frame, InputError, Places, Tracks, Zone
from components.geometry import transform_boxes, transform_points

ASPECT = 0.41  # width over height of a person who stands (Dollar 2012, over 250,000 pedestrians)
EDGE = 2.0  # px: a box that ends this close to the lower edge of the picture goes on below it
LOST = 1000.0  # metres: the uncertainty of a place that is none

Bools = NDArray[np.bool_]


class Homography:
    """Places the middle of a box's lower edge, where the feet are, on the floor through the camera's homography.

    The uncertainty is what an error of the foot point of `pixels` (native) and `share` (of the box's height), independent
    in u and v, makes in metres in its worst direction, to first order. A box cut off by the lower edge of the picture is placed
    at that edge, and the part of a person of its width that is missing below adds to the error in v. A foot point at or
    above the horizon has no place: it gets the one below the picture's middle, with an uncertainty of 1000 m.
    The zone is the first of `zones` that holds the place.
    """

    def __init__(self, *, zones: tuple[Zone, ...] = (), pixels: float = 1.0, share: float = 0.03) -> None:
        if pixels <= 0 or share < 0:
            raise InputError(f"locator with pixels {pixels} and share {share}, expected more than 0 and at least 0")
        if flat := [zone.name for zone in zones if len(zone.polygon) < 3]:
            raise InputError(f"zones {', '.join(flat)}: fewer than 3 corners, expected a polygon in metres")
        self._zones, self._pixels, self._share = zones, pixels, share

    def locate(self, frame: Frame, tracks: Tracks) -> Places:
        """Where each track stands; boxes are in native pixels."""
        matrix = np.array(frame.camera.homography, np.float64)
        h, w = frame.image.shape[:2]
        _, _, right, bottom = transform_boxes(frame.to_native, [(0, 0, w, h)])[0]
        boxes = tracks.boxes.astype(np.float64)
        feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, np.minimum(boxes[:, 3], bottom)], axis=1)
        middle = np.array([right / 2, bottom])
        seen = _depth(matrix, feet) * np.sign(_depth(matrix, middle[None])) > 0
        feet = np.where(seen[:, None], feet, middle)
        floor = transform_points(matrix, feet)
        spread = _spread(matrix, feet, floor, self._errors(boxes, bottom))
        return Places(floor, np.where(seen, np.minimum(spread, LOST), LOST), self._names(floor, seen))

    def _errors(self, boxes: Floats64, bottom: float) -> Floats64:
        """(n, 2) standard deviation of the foot point in u and v, native pixels."""
        width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        usual = np.hypot(self._pixels, self._share * height)
        hidden = np.where(boxes[:, 3] >= bottom - EDGE, np.maximum(width / ASPECT - height, 0), 0)
        return np.stack([usual, np.hypot(usual, hidden)], axis=1)

    def _names(self, floor: Floats64, seen: Bools) -> tuple[str, ...]:
        names = [UNKNOWN] * len(floor)
        for zone in reversed(self._zones):
            for i in np.flatnonzero(seen & _inside(floor, np.array(zone.polygon, np.float64))):
                names[i] = zone.name
        return tuple(names)


def _depth(matrix: Floats64, points: Floats64) -> Floats64:
    """(n,) the third coordinate of mapped points: it changes its sign at the horizon."""
    return np.asarray(points @ matrix[2, :2] + matrix[2, 2], np.float64)


def _spread(matrix: Floats64, points: Floats64, floor: Floats64, errors: Floats64) -> Floats64:
    """(n,) metres: the largest singular value of the mapping's Jacobian times the errors of u and v."""
    jacobian = (matrix[None, :2, :2] - floor[:, :, None] * matrix[None, 2:, :2]) / _depth(matrix, points)[:, None, None]
    return np.asarray(np.linalg.norm(jacobian * errors[:, None, :], ord=2, axis=(1, 2)), np.float64)


def _inside(points: Floats64, polygon: Floats64) -> Bools:
    """(n,) whether each point is inside, by the crossings of a ray to the right."""
    (x, y), start, end = points.T, polygon, np.roll(polygon, -1, axis=0)
    crossed = np.zeros(len(points), np.int64)
    for (x1, y1), (x2, y2) in zip(start, end, strict=True):
        spans = (y1 <= y) != (y2 <= y)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossed += spans & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return np.asarray(crossed % 2 == 1)
