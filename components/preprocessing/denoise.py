"""Takes noise out of a frame; edges stay, as far as the method can."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import cv2
import numpy as np

from components.contracts import Bgr, Floats32, Frame, InputError
from components.preprocessing.planes import each


class Median:
    """The median of `size` x `size` pixels: against dead pixels and salt-and-pepper noise; the cheapest."""

    def __init__(self, *, size: Literal[3, 5] = 3) -> None:
        self._size = size

    def __call__(self, frame: Frame) -> Frame:
        return replace(frame, image=each(frame.image, lambda part: cv2.medianBlur(part, self._size)))


class Bilateral:
    """A mean over `reach` px of what is alike (Tomasi 1998): levels that differ by more than about `noise` (0-255) stay apart."""

    def __init__(self, *, noise: float = 15.0, reach: int = 2) -> None:
        if not 0 < noise <= 255 or not 1 <= reach <= 10:
            raise InputError(f"bilateral with noise {noise} and reach {reach}, expected 0-255 levels and 1 to 10 px")
        self._noise, self._reach = noise, reach

    def __call__(self, frame: Frame) -> Frame:
        return replace(frame, image=each(frame.image, self._cleaned))

    def _cleaned(self, part: Bgr) -> object:
        channels = 1 if part.ndim == 2 else 3  # OpenCV adds up the differences of the channels
        return cv2.bilateralFilter(part, 2 * self._reach + 1, self._noise * channels, float(self._reach))


class NonLocal:
    """A mean of patches that look alike (Buades 2005), for noise of `noise` levels (0-255): the best, and slow."""

    def __init__(self, *, noise: float = 4.0, search: int = 7) -> None:
        if not 0 < noise <= 50 or not 1 <= search <= 15:
            raise InputError(f"non-local means with noise {noise} and search {search}, expected 0-50 levels and 1 to 15 px")
        self._noise, self._search = noise, search

    def __call__(self, frame: Frame) -> Frame:
        side = 2 * self._search + 1
        return replace(frame, image=each(frame.image, lambda part: self._cleaned(part, side)))

    def _cleaned(self, part: Bgr, side: int) -> object:
        if part.ndim == 2:
            return cv2.fastNlMeansDenoising(part, None, self._noise, 5, side)
        return cv2.fastNlMeansDenoisingColored(part, None, self._noise, self._noise, 5, side)


class Temporal:
    """The mean with what was there before, wherever the picture stands still: no blur, and no trail behind who moves.

    A pixel takes `weight` (0-1) of its past where it, smoothed, has changed by less than `noise` levels; where it has changed
    more, the past is forgotten. One instance per camera; a pause of more than `pause` seconds begins anew.
    """

    def __init__(self, *, weight: float = 0.7, noise: float = 6.0, pause: float = 2.0) -> None:
        if not 0 < weight < 1 or not 0 < noise <= 255 or pause <= 0:
            raise InputError(
                f"temporal denoising with weight {weight}, noise {noise} and pause {pause}, "
                "expected a weight between 0 and 1, 0-255 levels and more than 0 s"
            )
        self._weight, self._noise, self._pause = weight, noise, round(pause * 1e9)
        self._past: Floats32 | None = None  # of the picture's shape
        self._time = 0

    def __call__(self, frame: Frame) -> Frame:
        now, past = np.ascontiguousarray(frame.image), self._past
        if past is None or past.shape != now.shape or not 0 <= frame.time - self._time <= self._pause:
            self._past, self._time = now.astype(np.float32), frame.time
            return frame
        change = cv2.blur(cv2.absdiff(now, cv2.convertScaleAbs(past)), (3, 3))
        still = (np.asarray(change).max(axis=2) < self._noise).astype(np.uint8)
        mixed = now.astype(np.float32)
        cv2.copyTo(cv2.addWeighted(past, self._weight, mixed, 1 - self._weight, 0), still, mixed)
        self._past, self._time = mixed, frame.time
        return replace(frame, image=np.asarray(cv2.convertScaleAbs(mixed), np.uint8))
