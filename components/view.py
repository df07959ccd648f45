"""From the pixels of one camera to level planes of the world, and back."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Camera, Floats64
from components.geometry import transform_points

Bools = NDArray[np.bool_]
PRECISE = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-9)  # of undoing a lens, which has no closed form
STEP = 0.5  # px: half the width of a numerical derivative
STRAY = 0.5  # px: a point that comes back this far away lies where the model of the lens does not hold


class View:
    """What a camera's registry entry says about its pixels. Heights are metres above the floor."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.calibration = camera.calibration
        self._matrix = np.array(camera.homography, np.float64)
        self._lens = np.array(camera.calibration.matrix if camera.calibration else np.eye(3), np.float64)
        self._distortion = np.array(camera.calibration.distortion if camera.calibration else (), np.float64)

    @property
    def position(self) -> Floats64:
        """(3,) where the camera hangs, metres; NaN where nobody knows."""
        return np.array(self.calibration.position if self.calibration else [np.nan] * 3, np.float64)

    def straight(self, points: Floats64) -> Floats64:
        """(n, 2) pixels with the distortion of the lens undone; NaN where the model of the lens does not hold."""
        if not self._distortion.any() or not len(points):
            return points
        undone = cv2.undistortPointsIter(points.reshape(-1, 1, 2), self._lens, self._distortion, np.eye(3), self._lens, PRECISE)
        undone = np.asarray(undone, np.float64).reshape(-1, 2)
        stray = np.linalg.norm(self._bent(undone) - points, axis=1) > STRAY
        return np.where(stray[:, None], np.nan, undone)

    def below_horizon(self, points: Floats64, reference: Floats64) -> Bools:
        """(n,) whether straight pixels lie on the side of the horizon of the one (2,) `reference`."""
        third, side = self._matrix[2, :2], self._matrix[2, 2]
        return np.asarray((points @ third + side) * np.sign(reference @ third + side) > 0)

    def place(self, points: Floats64, height: float = 0.0) -> Floats64:
        """(n, 2) metres: where straight pixels are on the plane at `height`."""
        return transform_points(self._at(height), points)

    def jacobian(self, pixels: Floats64, height: float = 0.0) -> Floats64:
        """(n, 2, 2) metres on the plane at `height` per native pixel, lens included."""
        matrix, points = self._at(height), self.straight(pixels)
        floor = transform_points(matrix, points)
        depth = points @ matrix[2, :2] + matrix[2, 2]
        flat = (matrix[None, :2, :2] - floor[:, :, None] * matrix[None, 2:, :2]) / depth[:, None, None]
        if not self._distortion.any():
            return np.asarray(flat, np.float64)
        right, down = np.array([STEP, 0]), np.array([0, STEP])
        bend = np.stack([self.straight(pixels + step) - self.straight(pixels - step) for step in (right, down)], axis=2)
        return np.asarray(flat @ (bend / (2 * STEP)), np.float64)

    def pixels(self, floor: Floats64, height: float = 0.0) -> Floats64:
        """(n, 2) native pixels of (n, 2) places at `height` that the camera sees."""
        return self._bent(transform_points(np.linalg.inv(self._at(height)), floor))

    def _bent(self, points: Floats64) -> Floats64:
        """Straight pixels as the lens shows them."""
        if not self._distortion.any() or not len(points):
            return points
        rays = transform_points(np.linalg.inv(self._lens), points)
        ahead = np.column_stack([rays, np.ones(len(rays))])
        bent, _ = cv2.projectPoints(ahead.reshape(-1, 1, 3), np.zeros(3), np.zeros(3), self._lens, self._distortion)
        return np.asarray(bent, np.float64).reshape(-1, 2)

    def _at(self, height: float) -> Floats64:
        """(3, 3) straight pixel -> (x, y) at `height`. Without a calibration only the floor is known."""
        if not self.calibration or not height:
            return self._matrix
        rotation = np.array(self.calibration.rotation, np.float64)
        shift = rotation[:, 2] * height + np.array(self.calibration.translation, np.float64)
        return np.asarray(np.linalg.inv(self._lens @ np.column_stack([rotation[:, :2], shift])), np.float64)
