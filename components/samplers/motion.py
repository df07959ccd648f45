"""Keeps what moves: frames that differ from the one kept before in some part of the picture."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from components.contracts import InputError, Moment, Plane
from components.samplers.fixed_rate import FixedRate

SECOND = 1_000_000_000


class Motion:
    """At most `fps` frames a second while something moves, and one every `quiet_seconds` while nothing does.

    Something moves where at least `share` of a small luma picture has changed by more than `levels` since the frame that was
    kept last; a change of all the picture at once, as of exposure, does not count. Pictures are looked at `fps` times a second.
    """

    needs: Literal["pictures"] = "pictures"

    def __init__(self, *, fps: float = 5.0, quiet_seconds: float = 10.0, levels: float = 12.0, share: float = 0.002) -> None:
        if not quiet_seconds > 0 or not 0 < levels < 256 or not 0 < share <= 1:
            raise InputError(
                f"quiet_seconds is {quiet_seconds}, levels {levels}, share {share}; expected quiet_seconds above 0, levels "
                "between 0 and 256, and share above 0 and at most 1"
            )
        self._rate, self._quiet, self._levels, self._share = FixedRate(fps), round(quiet_seconds * SECOND), levels, share
        self._last: tuple[int, Plane] | None = None

    def keep(self, moment: Moment) -> bool:
        """Whether something has moved, or nothing has for long."""
        if not self._rate.keep(moment):
            return False
        seen = moment.look()
        if (
            self._last is not None
            and 0 <= moment.time - self._last[0] < self._quiet
            and self._moved(seen, self._last[1]) < self._share
        ):
            return False
        self._last = (moment.time, seen)
        return True

    def _moved(self, seen: Plane, before: Plane) -> float:
        """The share of pixels that changed by themselves."""
        if seen.shape != before.shape:
            return 1.0
        change = cv2.subtract(seen, before, dtype=cv2.CV_16S)
        return float((np.abs(change - np.median(change)) > self._levels).mean())
