"""Evens out light: contrast within a frame, brightness from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from components.contracts import Bgr, Frame, InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Clahe:
    """Local contrast: histogram equalisation of the luma in `tiles` x `tiles` fields, limited by `clip` (Zuiderveld 1994)."""

    clip: float = 2.0
    tiles: int = 8

    def __post_init__(self) -> None:
        if self.clip <= 0 or self.tiles < 1:
            raise InputError(f"CLAHE with clip {self.clip} and tiles {self.tiles}, expected a clip above 0 and at least 1 tile")

    def __call__(self, frame: Frame) -> Frame:
        planes = cv2.cvtColor(frame.image, cv2.COLOR_BGR2YCrCb)
        planes[..., 0] = cv2.createCLAHE(self.clip, (self.tiles, self.tiles)).apply(planes[..., 0])
        return replace(frame, image=np.asarray(cv2.cvtColor(planes, cv2.COLOR_YCrCb2BGR), np.uint8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Brightness:
    """Mean luma brought to `mean` (0-255) by one gamma for all channels, never stronger than `limit` or 1 / `limit`.

    A gamma keeps black black and white white, as a gain would not; the limit keeps the noise of a night out of the picture.
    """

    mean: float = 110.0
    limit: float = 2.5

    def __post_init__(self) -> None:
        if not 0 < self.mean < 255 or self.limit < 1:
            raise InputError(
                f"brightness {self.mean} with limit {self.limit}, expected a mean in 0-255 and a limit of at least 1"
            )

    def __call__(self, frame: Frame) -> Frame:
        return replace(frame, image=np.asarray(cv2.LUT(frame.image, self._curve(frame.image)), np.uint8))

    def _curve(self, image: Bgr) -> Bgr:
        """(256,) uint8: what becomes of each level."""
        now = float(np.clip(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).mean(), 1, 254))
        gamma = np.clip(np.log(self.mean / 255) / np.log(now / 255), 1 / self.limit, self.limit)
        return np.asarray(np.rint(255 * (np.arange(256) / 255) ** gamma), np.uint8)
