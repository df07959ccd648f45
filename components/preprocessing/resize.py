"""Shrinks or enlarges a frame, and remembers where its pixels came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from components.contracts import Bgr, Floats64, Frame, InputError
from components.preprocessing.planes import each

LARGEST = 16384  # px: beyond it a wrong number is likelier than a wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Resize:
    """A picture of `width` x `height` pixels; without a height, the one that keeps the picture's aspect."""

    width: int
    height: int | None = None

    def __post_init__(self) -> None:
        _checked("resize to", self.width, self.height or self.width if self.height != 0 else 0)

    def __call__(self, frame: Frame) -> Frame:
        """The resized frame; its `to_native` maps centres of pixels to centres of pixels."""
        h, w = frame.image.shape[:2]
        width, height = self.width, self.height or max(1, round(h * self.width / w))
        if (width, height) == (w, h):
            return frame
        image = _scaled(frame.image, width, height)
        return replace(frame, image=image, to_native=frame.to_native @ _shrunk(w / width, h / height))


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterbox:
    """The picture as large as it fits into `width` x `height` pixels at its own aspect; the rest is of grey level `grey`.

    The rest is on the right and below, as `components.letterbox` has it for networks, or half of it on each side with `place`
    centre.
    """

    width: int
    height: int
    grey: int = 114
    place: Literal["corner", "centre"] = "corner"

    def __post_init__(self) -> None:
        _checked("letterbox of", self.width, self.height)
        if not 0 <= self.grey <= 255:
            raise InputError(f"letterbox with grey {self.grey}, expected a level of 0-255")

    def __call__(self, frame: Frame) -> Frame:
        h, w = frame.image.shape[:2]
        scale = min(self.width / w, self.height / h)
        inner = min(self.width, max(1, round(w * scale))), min(self.height, max(1, round(h * scale)))
        free = self.width - inner[0], self.height - inner[1]
        left, top = (free[0] // 2, free[1] // 2) if self.place == "centre" else (0, 0)
        sides = (top, free[1] - top, left, free[0] - left)
        grey = (self.grey,) * 3
        image = _scaled(frame.image, *inner)
        if any(sides):
            image = each(image, lambda part: cv2.copyMakeBorder(part, *sides, cv2.BORDER_CONSTANT, value=grey))
        moved = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
        return replace(frame, image=image, to_native=frame.to_native @ _shrunk(w / inner[0], h / inner[1]) @ moved)


def _scaled(image: Bgr, width: int, height: int) -> Bgr:
    """Averaged where it gets fewer pixels, linear where it gets more."""
    h, w = image.shape[:2]
    if (width, height) == (w, h):
        return image
    kind = cv2.INTER_AREA if width * height < w * h else cv2.INTER_LINEAR
    return each(image, lambda part: cv2.resize(part, (width, height), interpolation=kind))


def _shrunk(sx: float, sy: float) -> Floats64:
    """(3, 3) pixel of a picture that was made `sx` and `sy` times smaller -> pixel of the one before, centre to centre."""
    return np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2], [0, 0, 1]])


def _checked(what: str, width: int, height: int) -> None:
    if not 1 <= width <= LARGEST or not 1 <= height <= LARGEST:
        raise InputError(f"{what} {width}x{height} pixels, expected at least 1x1 and at most {LARGEST} on a side")
