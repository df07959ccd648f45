"""Makes straight what the lens has bent."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Camera, Floats64, Frame, InputError
from components.geometry import transform_points
from components.pixels import native_points, view

BORDER = 33  # points that stand for one side of a picture
HALVINGS = 30
SLACK = 0.01  # px


class Undistort:
    """The picture that a perfect lens would have made, by `Camera.calibration`; of the same size, around the same axis.

    `keep` is what happens at the edges: with `inside` the picture shows no pixel that the camera did not see, and loses some
    at its corners; with `all` every native pixel is in it, and the rest is black. A camera that was never calibrated is refused,
    or passes as it is where `uncalibrated` says so. The frame is `straight` after it: `to_native` leads to straight native
    pixels, and `components.pixels` bends them, so that boxes are native pixels exactly and locators undo the lens as ever.
    """

    def __init__(self, *, keep: Literal["inside", "all"] = "inside", uncalibrated: Literal["refuse", "pass"] = "refuse") -> None:
        self._keep, self._uncalibrated = keep, uncalibrated
        self._key: tuple[object, ...] = ()
        self._maps: tuple[NDArray[np.int16], NDArray[np.uint16]] | None = None
        self._to_native: Floats64 = np.eye(3)

    def __call__(self, frame: Frame) -> Frame:
        """Raises InputError for a camera without calibration, unless that is to pass."""
        if frame.straight or not self._bends(frame.camera):
            return frame
        key = (frame.camera, frame.image.shape, frame.to_native.tobytes())
        if key != self._key or self._maps is None:
            self._key, self._to_native = key, frame.to_native @ _zoom(frame, self._keep)
            self._maps = _maps(frame, self._to_native)
        image = cv2.remap(frame.image, *self._maps, cv2.INTER_LINEAR)
        return replace(frame, image=np.asarray(image, np.uint8), to_native=self._to_native, straight=True)

    def _bends(self, camera: Camera) -> bool:
        if camera.calibration is None and self._uncalibrated == "refuse":
            raise InputError(
                f"undistort: camera {camera.id} has no calibration; measure it with python -m flows.calibrate, "
                "or let it pass with uncalibrated: pass"
            )
        return camera.calibration is not None and any(camera.calibration.distortion)


def _maps(frame: Frame, to_native: Floats64) -> tuple[NDArray[np.int16], NDArray[np.uint16]]:
    """Where in the picture of `frame` each pixel of the straight one is, as `cv2.remap` reads it quickest."""
    h, w = frame.image.shape[:2]
    v, u = np.mgrid[0:h, 0:w]
    places = _bent(frame, to_native, np.stack([u, v], -1).reshape(-1, 2)).reshape(h, w, 2).astype(np.float32)
    coarse, fine = cv2.convertMaps(places[..., 0], places[..., 1], cv2.CV_16SC2)
    return np.asarray(coarse, np.int16), np.asarray(fine, np.uint16)


def _bent(frame: Frame, to_native: Floats64, points: Floats64) -> Floats64:
    """(n, 2) pixels of the picture of `frame` of pixels of a straight one, whose way to native pixels is `to_native`."""
    native = native_points(replace(frame, to_native=to_native, straight=True), points)
    return transform_points(np.linalg.inv(frame.to_native), native)


def _zoom(frame: Frame, keep: Literal["inside", "all"]) -> Floats64:
    """(3, 3) pixel of the straight picture -> pixel of its plane: a scaling about the axis of the lens.

    The widest view that has no pixel without light, or the narrowest that leaves no native pixel out.
    """
    assert frame.camera.calibration is not None
    axis = transform_points(np.linalg.inv(frame.to_native), np.array(frame.camera.calibration.matrix)[None, :2, 2])[0]
    fits = _lit if keep == "inside" else _whole
    good, bad = (0.05, 8.0) if keep == "inside" else (8.0, 0.05)
    for _ in range(HALVINGS):
        middle = (good + bad) / 2
        good, bad = (middle, bad) if fits(frame, _about(axis, middle)) else (good, middle)
    return _about(axis, good)


def _about(point: Floats64, share: float) -> Floats64:
    """(3, 3) scaling by `share` about `point`."""
    x, y = point
    return np.array([[share, 0, x * (1 - share)], [0, share, y * (1 - share)], [0, 0, 1]])


def _lit(frame: Frame, zoom: Floats64) -> bool:
    """Whether every pixel at the edge of the straight picture comes from within the bent one, where the lens model holds."""
    bent = _bent(frame, frame.to_native @ zoom, _outline(frame))
    known = view(frame.camera).straight(transform_points(frame.to_native, bent))
    return bool(_inside(bent, frame).all() and np.isfinite(known).all())


def _whole(frame: Frame, zoom: Floats64) -> bool:
    """Whether every pixel at the edge of the bent picture, where the lens model holds, is in the straight one."""
    straight = view(frame.camera).straight(native_points(frame, _outline(frame)))
    there = transform_points(np.linalg.inv(frame.to_native @ zoom), straight[np.isfinite(straight).all(axis=1)])
    return bool(_inside(there, frame).all())


def _inside(points: Floats64, frame: Frame) -> NDArray[np.bool_]:
    h, w = frame.image.shape[:2]
    return np.asarray(((points >= -SLACK) & (points <= np.array([w, h]) - 1 + SLACK)).all(axis=1), np.bool_)


def _outline(frame: Frame) -> Floats64:
    """(4 * BORDER, 2) pixels along the edges of a picture."""
    h, w = frame.image.shape[:2]
    x, y, zero = np.linspace(0, w - 1, BORDER), np.linspace(0, h - 1, BORDER), np.zeros(BORDER)
    sides = [(x, zero), (x, zero + h - 1), (zero, y), (zero + w - 1, y)]
    return np.concatenate([np.column_stack(side) for side in sides])
