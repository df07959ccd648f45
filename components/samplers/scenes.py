"""Keeps one frame of every scene: of a view as long as it stays much the same."""

from __future__ import annotations

from typing import Literal

import cv2

from components.contracts import InputError, Moment, Plane
from components.samplers.fixed_rate import FixedRate

SECOND = 1_000_000_000


class Scenes:
    """The first frame, and each that differs from the one kept last by `levels` on average: lights, a turned camera, a cut.

    A scene that lasts is shown again every `quiet_seconds`. Pictures are looked at `fps` times a second.
    """

    needs: Literal["pictures"] = "pictures"

    def __init__(self, *, levels: float = 20.0, quiet_seconds: float = 600.0, fps: float = 2.0) -> None:
        if not 0 < levels < 256 or not quiet_seconds > 0:
            raise InputError(
                f"levels is {levels}, quiet_seconds {quiet_seconds}; expected levels between 0 and 256, and seconds above 0"
            )
        self._levels, self._quiet, self._rate = levels, round(quiet_seconds * SECOND), FixedRate(fps)
        self._last: tuple[int, Plane] | None = None

    def keep(self, moment: Moment) -> bool:
        """Whether a scene begins here, or has lasted for long."""
        if not self._rate.keep(moment):
            return False
        seen = moment.look()
        if self._last is not None and 0 <= moment.time - self._last[0] < self._quiet and not self._differs(seen, self._last[1]):
            return False
        self._last = (moment.time, seen)
        return True

    def _differs(self, seen: Plane, before: Plane) -> bool:
        return seen.shape != before.shape or cv2.norm(seen, before, cv2.NORM_L1) / seen.size >= self._levels
