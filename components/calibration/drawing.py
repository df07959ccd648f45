"""Draws what a calibration means into the picture that it was made from."""

from __future__ import annotations

import cv2
import numpy as np

from components.calibration.fit import Fit
from components.calibration.points import Points
from components.contracts import Bgr, Floats64
from components.view import View

GRID, GOOD, BAD, INK = (255, 200, 0), (80, 220, 80), (60, 60, 255), (255, 255, 255)  # BGR
MARGIN = 2.0  # metres around the points
LINES = 200  # at most, in each direction


def draw(image: Bgr, points: Points, fit: Fit) -> Bgr:
    """The picture with a line per metre of floor, every point, and an arrow from it to where the calibration has it."""
    picture, view = image.copy(), View(fit.camera)
    low, high = np.floor(points.floor.min(axis=0) - MARGIN), np.ceil(points.floor.max(axis=0) + MARGIN)
    for axis in (0, 1):
        for value in np.arange(low[axis], min(high[axis], low[axis] + LINES) + 0.5):
            along = np.linspace(low[1 - axis], high[1 - axis], 60)
            line = np.column_stack([np.full_like(along, value), along])
            _line(picture, view, line if axis == 0 else line[:, ::-1])
    scale = max(1, round(image.shape[1] / 1000))
    for name, pixel, place, outlier in zip(points.names, points.pixels, points.floor, fit.outliers, strict=True):
        colour = BAD if outlier else GOOD
        at = _whole(pixel)
        cv2.circle(picture, at, 5 * scale, colour, 2 * scale, cv2.LINE_AA)
        (expected,) = view.pixels(place[None])
        if np.isfinite(expected).all() and np.abs(expected).max() < 10 * max(image.shape):
            cv2.arrowedLine(picture, at, _whole(expected), colour, scale, cv2.LINE_AA)
        label = f"{name.split()[-1]} ({place[0]:g}, {place[1]:g})"
        cv2.putText(picture, label, (at[0] + 8 * scale, at[1]), cv2.FONT_HERSHEY_SIMPLEX, 0.45 * scale, INK, scale, cv2.LINE_AA)
    return picture


def _line(picture: Bgr, view: View, floor: Floats64) -> None:
    """One line of the grid, as far as the camera sees it."""
    pixels = view.pixels(floor)
    bottom = np.array([picture.shape[1] / 2, picture.shape[0]])
    height, width = picture.shape[:2]
    reference = view.straight(bottom[None])[0]
    seen = np.isfinite(pixels).all(axis=1) & (np.abs(pixels) < 3 * max(height, width)).all(axis=1)
    seen[seen] &= view.below_horizon(view.straight(pixels[seen]), reference)
    for i in np.flatnonzero(seen[:-1] & seen[1:]).tolist():
        cv2.line(picture, _whole(pixels[i]), _whole(pixels[i + 1]), GRID, 1, cv2.LINE_AA)


def _whole(point: Floats64) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
