"""Time and settings as trackers need them: seconds that always go forward, numbers that make sense."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from annotated_types import Ge, Gt, Le

from components.contracts import InputError

LEAST = 0.001  # seconds that pass between two frames, whatever their times say

Share = Annotated[float, Ge(0), Le(1)]
Weight = Annotated[float, Ge(0)]
Seconds = Annotated[float, Gt(0)]
Count = Annotated[int, Ge(1)]


class Clock:
    """Seconds since the first frame of one camera. A fleet time that stands still or goes back counts as a millisecond more."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._seconds = 0.0

    def tick(self, time: int) -> float:
        """The seconds at the frame of this fleet time (ns)."""
        if self._last is not None:
            self._seconds += max((time - self._last) / 1e9, LEAST)
        self._last = time
        return self._seconds


def check(
    tracker: str,
    shares: Mapping[str, float],
    *,
    lost_seconds: float,
    motion_seconds: float = 0.1,
    counts: Mapping[str, int] | None = None,
) -> None:
    """Raise InputError naming every setting of `tracker` that makes no sense; `shares` are those between 0 and 1."""
    wrong = [f"{name} {value}, expected 0 to 1" for name, value in shares.items() if not 0 <= value <= 1]
    spans = {"lost_seconds": lost_seconds, "motion_seconds": motion_seconds}
    wrong += [f"{name} {value}, expected more than 0" for name, value in spans.items() if not value > 0]
    wrong += [f"{name} {value}, expected at least 1" for name, value in (counts or {}).items() if value < 1]
    if wrong:
        raise InputError(f"tracker {tracker}: {'; '.join(wrong)}")
