"""Turns away frames that show what the last kept one has shown already."""

from __future__ import annotations

import numpy as np

from components.contracts import Floats32, Frame, InputError, Rejected
from components.preprocessing.judging import fields, judged, small

FIELD = 12  # px at the width at which pictures are judged: a head at the end of a ward


class Duplicate:
    """Rejects a frame in which, since the last kept one, no field of 12 x 12 px (at a width of 480) has moved by `change`.

    The measure is the mean luma (0-255) of a field, so that the noise of a sensor does not count and a person who takes a step
    does. At least one frame in `seconds` is kept, as the light moves too slowly to be seen; 0: none for that. One
    instance per camera; the last of the gates, or it compares with a frame that a later one rejects. Measures `moved`.
    """

    def __init__(self, *, change: float = 3.0, seconds: float = 60.0) -> None:
        if change <= 0 or change > 255 or seconds < 0:
            raise InputError(f"duplicates below a change of {change} within {seconds} s, expected 0-255 levels and at least 0 s")
        self._change, self._seconds = change, seconds
        self._kept: Floats32 | None = None
        self._time = 0

    def __call__(self, frame: Frame) -> Frame | Rejected:
        now = fields(small(frame.image), FIELD)
        moved = 255.0 if self._kept is None or self._kept.shape != now.shape else float(np.abs(now - self._kept).max())
        due = 0 < self._seconds <= (frame.time - self._time) / 1e9
        if moved < self._change and not due:
            return judged(frame, "duplicate", moved=moved)
        self._kept, self._time = now, frame.time
        return judged(frame, "", moved=moved)
