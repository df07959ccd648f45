"""Turns away frames that nobody could learn or see anything from: dark, blurred or frozen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Bgr, Frame, InputError, Rejected

WIDTH = 480  # px at which pictures are judged, so that thresholds hold for every camera
FIELD = 20  # px at that width


@dataclass(frozen=True, slots=True, kw_only=True)
class Dark:
    """Rejects a frame whose mean luma (0-255) is below `brightness`: a covered lens, lights out without infrared."""

    brightness: float = 10.0

    def __call__(self, frame: Frame) -> Frame | Rejected:
        return Rejected("dark") if _luma(frame.image).mean() < self.brightness else frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Blurred:
    """Rejects a frame whose edges are weaker than `sharpness`: a lens out of focus, fogged or smeared.

    Sharpness is the variance of the Laplacian (Pech-Pacheco 2000), smoothed against the sensor's noise, over the variance of
    the luma, at a width of 480 px, so that neither light nor resolution moves it. Five real cameras in order have 0.006 to 0.05;
    a Gaussian blur of 2 px leaves 0.001 to 0.005. A picture with no contrast at all is left to `Dark`.
    """

    sharpness: float = 0.004

    def __call__(self, frame: Frame) -> Frame | Rejected:
        luma = cv2.GaussianBlur(_luma(frame.image).astype(np.float32), (0, 0), 0.8)
        contrast, edges = float(luma.var()), float(cv2.Laplacian(luma, cv2.CV_32F).var())
        return Rejected("blurred") if contrast > 1 and edges < self.sharpness * contrast else frame


class Frozen:
    """Rejects frames of a picture that stood still for `seconds`; one instance per camera.

    Still means that nowhere, in fields of 20 x 20 px at a width of 480, did the mean luma (0-255) move by `change` since the
    picture was first seen: the noise of a living sensor moves some field by 0.5 and more. The first `seconds` pass, as a
    codec may repeat the picture of an empty room for a while.
    """

    def __init__(self, *, seconds: float = 3.0, change: float = 0.25) -> None:
        if seconds <= 0 or change <= 0:
            raise InputError(f"frozen after {seconds} s below a change of {change}, expected both above 0")
        self._patience, self._change = int(seconds * 1e9), change
        self._fields: NDArray[np.float32] | None = None  # mean luma of each field when the picture last moved
        self._since = 0

    def __call__(self, frame: Frame) -> Frame | Rejected:
        luma = _luma(frame.image).astype(np.float32)
        h, w = luma.shape
        fields = np.asarray(cv2.resize(luma, (max(1, w // FIELD), max(1, h // FIELD)), interpolation=cv2.INTER_AREA), np.float32)
        if self._moved(fields):
            self._fields, self._since = fields, frame.time
        return Rejected("frozen") if frame.time - self._since >= self._patience else frame

    def _moved(self, fields: NDArray[np.float32]) -> bool:
        before = self._fields
        return before is None or before.shape != fields.shape or float(np.abs(fields - before).max()) >= self._change


def _luma(image: Bgr) -> NDArray[np.uint8]:
    """(h, 480) uint8 luma; smaller pictures stay as they are."""
    h, w = image.shape[:2]
    if w > WIDTH:
        image = np.asarray(cv2.resize(image, (WIDTH, max(1, round(h * WIDTH / w))), interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
