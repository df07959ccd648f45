"""From the pixels of one camera to level planes of the world, and back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Camera, Floats64
from components.geometry import transform_points

Bools = NDArray[np.bool_]
PRECISE = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-9)  # of undoing a lens, which has no closed form
STEP = 0.5  # px: half the width of a numerical derivative
STRAY = 0.5  # px: a point that comes back this far away lies where the model of the lens does not hold


@dataclass(frozen=True, slots=True)
class Look:
    """Native pixels of one camera with the distortion of its lens undone. Row i of every column is pixel i."""

    points: Floats64  # (n, 2) straight pixels; NaN where the model of the lens does not hold
    bend: Floats64  # (n, 2, 2) straight pixels per native pixel


class View:
    """What a camera's registry entry says about its pixels. Heights are metres above the floor."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.calibration = camera.calibration
        self.position = np.array(camera.calibration.position if camera.calibration else [np.nan] * 3, np.float64)  # (3,) metres
        self._lens = np.array(camera.calibration.matrix if camera.calibration else np.eye(3), np.float64)
        self._unlens = np.linalg.inv(self._lens)
        self._distortion = np.array(camera.calibration.distortion if camera.calibration else (), np.float64)
        self._grounds: dict[tuple[float, ...], Floats64] = {}  # of the few sizes of picture that there are
        self._planes: dict[float, tuple[Floats64, Floats64]] = {}  # of the few heights that are asked for

    def straight(self, points: Floats64) -> Floats64:
        """(n, 2) pixels with the distortion of the lens undone; NaN where the model of the lens does not hold."""
        if not self._distortion.any() or not len(points):
            return points
        undone = cv2.undistortPointsIter(points.reshape(-1, 1, 2), self._lens, self._distortion, np.eye(3), self._lens, PRECISE)
        undone = np.asarray(undone, np.float64).reshape(-1, 2)
        stray = np.linalg.norm(self.bent(undone) - points, axis=1) > STRAY
        return np.where(stray[:, None], np.nan, undone)

    def ground(self, picture: Floats64) -> Floats64:
        """(2,) the lowest straight pixel in the middle of (4,) a picture: whatever a camera shows, that is below the horizon."""
        key = tuple(picture.tolist())
        if key not in self._grounds:
            self._grounds[key] = self.straight(np.array([[(picture[0] + picture[2]) / 2, picture[3]]]))[0]
        return self._grounds[key]

    def look(self, pixels: Floats64) -> Look:
        """Native pixels as they would be without the lens, and how it bends around them."""
        n = len(pixels)
        if not self._distortion.any() or not n:
            return Look(pixels, np.tile(np.eye(2), (n, 1, 1)))
        steps = np.array([(0, 0), (STEP, 0), (-STEP, 0), (0, STEP), (0, -STEP)])
        middle, right, left, down, up = self.straight((pixels + steps[:, None]).reshape(-1, 2)).reshape(5, n, 2)
        return Look(middle, np.stack([right - left, down - up], axis=2) / (2 * STEP))

    def below_horizon(self, points: Floats64, reference: Floats64) -> Bools:
        """(n,) whether straight pixels lie on the side of the horizon of the one (2,) `reference`."""
        third = self._plane(0.0)[0][2]
        return np.asarray((points @ third[:2] + third[2]) * np.sign(reference @ third[:2] + third[2]) > 0)

    def place(self, points: Floats64, height: float = 0.0) -> Floats64:
        """(n, 2) metres: where straight pixels are on the plane at `height`."""
        return transform_points(self._plane(height)[0], points)

    def jacobian(self, look: Look, height: float = 0.0) -> Floats64:
        """(n, 2, 2) metres on the plane at `height` per native pixel, lens included."""
        matrix = self._plane(height)[0]
        floor, depth = transform_points(matrix, look.points), look.points @ matrix[2, :2] + matrix[2, 2]
        flat = (matrix[None, :2, :2] - floor[:, :, None] * matrix[None, 2:, :2]) / depth[:, None, None]
        return np.asarray(flat @ look.bend, np.float64)

    def pixels(self, floor: Floats64, height: float = 0.0) -> Floats64:
        """(n, 2) native pixels of (n, 2) places at `height` that the camera sees."""
        return self.bent(transform_points(self._plane(height)[1], floor))

    def bent(self, points: Floats64) -> Floats64:
        """Straight pixels as the lens shows them."""
        if not self._distortion.any() or not len(points):
            return points
        rays = transform_points(self._unlens, points)
        ahead = np.column_stack([rays, np.ones(len(rays))])
        bent, _ = cv2.projectPoints(ahead.reshape(-1, 1, 3), np.zeros(3), np.zeros(3), self._lens, self._distortion)
        return np.asarray(bent, np.float64).reshape(-1, 2)

    def _plane(self, height: float) -> tuple[Floats64, Floats64]:
        """(3, 3) straight pixel -> (x, y) at `height`, and back. Without a calibration only the floor is known."""
        if height not in self._planes:
            matrix = np.array(self.camera.homography, np.float64)
            if self.calibration and height:
                rotation = np.array(self.calibration.rotation, np.float64)
                shift = rotation[:, 2] * height + np.array(self.calibration.translation, np.float64)
                matrix = np.asarray(np.linalg.inv(self._lens @ np.column_stack([rotation[:, :2], shift])), np.float64)
            self._planes[height] = matrix, np.asarray(np.linalg.inv(matrix), np.float64)
        return self._planes[height]
