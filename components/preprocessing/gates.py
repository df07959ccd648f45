"""Turns away frames that nobody could learn or see anything from: dark, overexposed, blurred or frozen.

Benchmark: benchmarks/gates.py prints how often each gate errs on real footage, and what it catches of spoiled footage.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from components.contracts import Floats32, Frame, InputError, Rejected
from components.preprocessing.judging import fields, judged, small

FIELD = 20  # px at the width at which pictures are judged
WHITE = 250  # luma from which a pixel is saturated: video and JPEG seldom reach 255 itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Dark:
    """Rejects a frame whose mean luma (0-255) is below `brightness`: a covered lens, lights out without infrared.

    Real night pictures with anything to see in them have 13 and more. Measures `brightness` and `contrast` (standard
    deviation of the luma).
    """

    brightness: float = 10.0

    def __post_init__(self) -> None:
        if not 0 <= self.brightness <= 255:
            raise InputError(f"dark below a brightness of {self.brightness}, expected 0-255")

    def __call__(self, frame: Frame) -> Frame | Rejected:
        luma = small(frame.image)
        mean = float(luma.mean())
        return judged(frame, "dark" if mean < self.brightness else "", brightness=mean, contrast=float(luma.std()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overexposed:
    """Rejects a frame of which at least `share` is saturated (luma of 250 and more): glare, an iris that is stuck open.

    Six real cameras in order have at most 0.025; the same at 2.5 times the exposure have 0.35 to 0.60. A ward with windows has
    some in between. Measures `saturated`, the share.
    """

    share: float = 0.35

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(f"overexposed from a share of {self.share}, expected more than 0, and at most 1")

    def __call__(self, frame: Frame) -> Frame | Rejected:
        share = float((small(frame.image) >= WHITE).mean())
        return judged(frame, "overexposed" if share >= self.share else "", saturated=share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blurred:
    """Rejects a frame whose edges are weaker than `sharpness`: a lens out of focus, fogged or smeared.

    Sharpness is the variance of the Laplacian (Pech-Pacheco 2000), smoothed against the sensor's noise, over the variance of
    the luma, at a width of 480 px, so that neither light nor resolution moves it. Six real cameras in order have 0.006 to 0.07;
    a Gaussian blur of 2 px leaves 0.0005 to 0.005. A picture with no contrast at all is left to `Dark` and `Obstructed`.
    """

    sharpness: float = 0.004

    def __post_init__(self) -> None:
        if not 0 <= self.sharpness <= 1:
            raise InputError(
                f"blurred below a sharpness of {self.sharpness}, expected 0 to 1; cameras in order have 0.006 and more"
            )

    def __call__(self, frame: Frame) -> Frame | Rejected:
        luma = cv2.GaussianBlur(small(frame.image).astype(np.float32), (0, 0), 0.8)
        contrast, edges = float(luma.var()), float(cv2.Laplacian(luma, cv2.CV_32F).var())
        sharpness = edges / contrast if contrast > 1 else 1.0
        return judged(frame, "blurred" if sharpness < self.sharpness else "", sharpness=sharpness)


class Frozen:
    """Rejects frames of a picture that stood still for `seconds`; one instance per camera.

    Still means that nowhere, in fields of 20 x 20 px at a width of 480, did the mean luma (0-255) move by `change` since the
    picture was first seen: the noise of a living sensor moves some field by 0.5 and more. The first `seconds` pass, as a
    codec may repeat the picture of an empty room for a while. Where somebody encodes a frozen picture again, its key frames
    count as movement, so it is found only between those that are more than `seconds` apart. Measures `still`, the seconds so far.
    """

    def __init__(self, *, seconds: float = 3.0, change: float = 0.25) -> None:
        if seconds <= 0 or change <= 0:
            raise InputError(f"frozen after {seconds} s below a change of {change}, expected both above 0")
        self._patience, self._change = int(seconds * 1e9), change
        self._fields: Floats32 | None = None  # mean luma of each field when the picture last moved
        self._since = 0

    def __call__(self, frame: Frame) -> Frame | Rejected:
        now = fields(small(frame.image), FIELD)
        if self._moved(now):
            self._fields, self._since = now, frame.time
        still = frame.time - self._since
        return judged(frame, "frozen" if still >= self._patience else "", still=still / 1e9)

    def _moved(self, now: Floats32) -> bool:
        before = self._fields
        return before is None or before.shape != now.shape or float(np.abs(now - before).max()) >= self._change
