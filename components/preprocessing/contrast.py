"""Evens out light: contrast within a frame, brightness and contrast from frame to frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Bgr, Frame, InputError
from components.preprocessing.planes import each, luma, relit

LEVELS = np.arange(256) / 255


class Clahe:
    """Local contrast: histogram equalisation of the luma in `tiles` x `tiles` fields, limited by `clip` (Zuiderveld 1994)."""

    def __init__(self, *, clip: float = 2.0, tiles: int = 8) -> None:
        if clip <= 0 or not 1 <= tiles <= 256:
            raise InputError(f"CLAHE with clip {clip} and tiles {tiles}, expected a clip above 0 and 1 to 256 tiles")
        self._clip, self._tiles = clip, tiles

    def __call__(self, frame: Frame) -> Frame:
        equalise = cv2.createCLAHE(self._clip, (self._tiles, self._tiles))
        return replace(frame, image=relit(frame.image, equalise.apply))


class Gamma:
    """Every level x (0..1) of every channel becomes x ** `gamma`: below 1 shadows open up, above 1 haze goes."""

    def __init__(self, *, gamma: float = 0.8) -> None:
        if not 0.1 <= gamma <= 10:
            raise InputError(f"gamma is {gamma}, expected 0.1 to 10; below 1 is brighter, above 1 is darker")
        self._curve = _curve(gamma)

    def __call__(self, frame: Frame) -> Frame:
        return replace(frame, image=each(frame.image, lambda part: cv2.LUT(part, self._curve)))


class Brightness:
    """Mean luma brought to `mean` (0-255) by one gamma for all channels, never stronger than `limit` or 1 / `limit`.

    A gamma keeps black black and white white, as a gain would not; the limit keeps the noise of a night out of the picture.
    """

    def __init__(self, *, mean: float = 110.0, limit: float = 2.5) -> None:
        if not 0 < mean < 255 or limit < 1:
            raise InputError(f"brightness {mean} with limit {limit}, expected a mean in 0-255 and a limit of at least 1")
        self._mean, self._limit = mean, limit

    def __call__(self, frame: Frame) -> Frame:
        now = float(np.clip(cv2.mean(luma(frame.image))[0], 1, 254))
        gamma = np.clip(np.log(self._mean / 255) / np.log(now / 255), 1 / self._limit, self._limit)
        return replace(frame, image=each(frame.image, lambda part: cv2.LUT(part, _curve(gamma))))


class Normalise:
    """Mean and standard deviation of the luma (0-255) brought to `mean` and `contrast`: a gain and an offset, colours kept.

    `references` names a picture of a camera in good light, by the camera's id: that camera is brought to its mean and contrast.
    The gain stays between 1 / `limit` and `limit`, so that an empty wall does not become a storm of noise.
    """

    def __init__(
        self, *, mean: float = 110.0, contrast: float = 50.0, references: Mapping[str, str] | None = None, limit: float = 3.0
    ) -> None:
        if not 0 < mean < 255 or not 0 < contrast < 128 or limit < 1:
            raise InputError(
                f"normalise to mean {mean} and contrast {contrast} with limit {limit}, "
                "expected a mean in 0-255, a contrast in 0-128 and a limit of at least 1"
            )
        self._every, self._limit = (mean, contrast), limit
        self._own = {camera: _light(_picture(camera, path)) for camera, path in (references or {}).items()}

    def __call__(self, frame: Frame) -> Frame:
        mean, contrast = self._own.get(frame.camera.id, self._every)
        return replace(frame, image=relit(frame.image, self._line(frame.image, mean, contrast)))

    def _line(self, image: Bgr, mean: float, contrast: float) -> Callable[[NDArray[np.uint8]], object]:
        now, spread = _light(image)
        gain = float(np.clip(contrast / max(spread, 1e-6), 1 / self._limit, self._limit))
        curve = np.clip(np.rint((np.arange(256) - now) * gain + mean), 0, 255).astype(np.uint8)
        return lambda plane: cv2.LUT(plane, curve)


def _curve(gamma: float) -> NDArray[np.uint8]:
    """(256,) what becomes of each level."""
    return np.asarray(np.rint(255 * LEVELS**gamma), np.uint8)


def _light(image: Bgr) -> tuple[float, float]:
    """Mean and standard deviation of the luma, 0-255."""
    mean, spread = cv2.meanStdDev(luma(image))
    return float(mean[0, 0]), float(spread[0, 0])


def _picture(camera: str, path: str) -> Bgr:
    image = cv2.imread(path) if Path(path).is_file() else None
    if image is None:
        raise InputError(f"normalise: reference {path} of camera {camera} is not a picture; give it a PNG or JPEG in good light")
    return np.asarray(image, np.uint8)
