"""Keeps pictures that the footage has whole: nothing else is decoded."""

from __future__ import annotations

from typing import Literal

from components.contracts import InputError, Moment

SECOND = 1_000_000_000


class Keyframes:
    """The cheapest way through long footage: as many frames as the camera makes keyframes, at most one in `seconds`."""

    needs: Literal["keyframes"] = "keyframes"

    def __init__(self, *, seconds: float = 0.0) -> None:
        if not 0 <= seconds <= 86400:
            raise InputError(f"seconds is {seconds}, expected 0 to 86400: the least time between two frames")
        self._apart, self._last = round(seconds * SECOND), -(2**62)

    def keep(self, moment: Moment) -> bool:
        """True for a keyframe that is late enough; also for one of a clock that was set back."""
        if not moment.keyframe or 0 <= moment.time - self._last < self._apart:
            return False
        self._last = moment.time
        return True
