"""What the numbers of a picture mean: its white, its range of levels, its colour space."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Bgr, Floats64, Frame, InputError
from components.preprocessing.planes import colourless, each

CLIPPED = 250  # level from which a channel may be saturated, and says nothing about the light
SPACES = {
    "rgb": cv2.COLOR_BGR2RGB, "hsv": cv2.COLOR_BGR2HSV, "lab": cv2.COLOR_BGR2LAB, "ycrcb": cv2.COLOR_BGR2YCrCb,
    "luv": cv2.COLOR_BGR2LUV,
}  # fmt: skip


class WhiteBalance:
    """Takes a cast of the light out by a gain for each channel, so that what is grey on the average is grey.

    `power` is the Minkowski norm of that average: 1 is grey-world, 6 shades of grey (Finlayson 2004), which large coloured
    walls mislead less. No gain is beyond `limit` or 1 / `limit`; luma stays about as it was. Saturated pixels do not count.
    """

    def __init__(self, *, power: float = 6.0, limit: float = 1.6) -> None:
        if not 1 <= power <= 20 or limit < 1:
            raise InputError(f"white balance with power {power} and limit {limit}, expected 1 to 20 and at least 1")
        self._power, self._limit = power, limit

    def __call__(self, frame: Frame) -> Frame:
        if colourless(frame.image):
            return frame
        levels = np.arange(256)[:, None]
        curves = np.clip(np.rint(levels * self._gains(frame.image)), 0, 255).astype(np.uint8).reshape(1, 256, 3)
        return replace(frame, image=np.asarray(cv2.LUT(frame.image, curves), np.uint8))

    def _gains(self, image: Bgr) -> Floats64:
        """(3,) of blue, green and red, from the histograms of the channels."""
        counts = np.concatenate([cv2.calcHist([image], [i], None, [256], [0, 256]) for i in range(3)], 1)[:CLIPPED]
        levels = (np.arange(CLIPPED) / 255.0)[:, None] ** self._power
        norms = ((counts * levels).sum(0) / np.maximum(counts.sum(0), 1)) ** (1 / self._power)
        if norms.min() <= 0:
            return np.ones(3)
        return np.asarray(np.clip(norms.mean() / norms, 1 / self._limit, self._limit), np.float64)


class FullRange:
    """Levels of 16-235, as video has them, spread over 0-255: for cameras and files whose range was not converted."""

    def __init__(self, *, black: int = 16, white: int = 235) -> None:
        if not 0 <= black < white <= 255:
            raise InputError(f"full range from black {black} to white {white}, expected 0 <= black < white <= 255")
        self._curve = np.clip(np.rint((np.arange(256) - black) * 255 / (white - black)), 0, 255).astype(np.uint8)

    def __call__(self, frame: Frame) -> Frame:
        return replace(frame, image=each(frame.image, lambda part: cv2.LUT(part, self._curve)))


class Space:
    """The three channels of another colour space in the place of blue, green and red: for models that were trained so.

    The last step of a chain: everything else here takes the channels for blue, green and red. Datasets of it want
    `picture.format=png`, as JPEG treats the channels unlike. Hue is 0-179, as OpenCV has it.
    """

    def __init__(self, to: Literal["rgb", "hsv", "lab", "ycrcb", "luv"]) -> None:
        self._code = SPACES[to]

    def __call__(self, frame: Frame) -> Frame:
        return replace(frame, image=self._converted(frame.image))

    def _converted(self, image: Bgr) -> NDArray[np.uint8]:
        return np.asarray(cv2.cvtColor(image, self._code), np.uint8)
