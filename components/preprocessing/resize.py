"""Shrinks or enlarges a frame, and remembers where its pixels came from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from components.contracts import Frame, InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Resize:
    """A picture of `width` x `height` pixels; without a height, the one that keeps the picture's aspect."""

    width: int
    height: int | None = None

    def __post_init__(self) -> None:
        if self.width < 1 or (self.height is not None and self.height < 1):
            raise InputError(f"resize to {self.width}x{self.height} pixels, expected at least 1x1")

    def __call__(self, frame: Frame) -> Frame:
        """The resized frame; its `to_native` maps centres of pixels to centres of pixels."""
        h, w = frame.image.shape[:2]
        width, height = self.width, self.height or max(1, round(h * self.width / w))
        if (width, height) == (w, h):
            return frame
        kind = cv2.INTER_AREA if width * height < w * h else cv2.INTER_LINEAR
        image = cv2.resize(frame.image, (width, height), interpolation=kind)
        sx, sy = w / width, h / height
        step = np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2], [0, 0, 1]])
        return replace(frame, image=np.asarray(image, np.uint8), to_native=frame.to_native @ step)
