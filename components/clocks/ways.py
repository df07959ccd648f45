"""Ways to know a clock, which of several counts, and where two of them contradict each other."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

SECOND = 1_000_000_000  # ns
AGEING = 50e-6  # s per s that what was measured once becomes less sure: as wrong as an ordinary crystal runs
SURE = 3.0  # standard deviations beyond which two contradict each other

Way = Literal["stream", "device", "people", "flash", "shown"]
OF_CLOCK: tuple[Way, ...] = ("stream", "device")  # how far the camera's own clock is ahead
OF_FOOTAGE: tuple[Way, ...] = ("people", "flash", "shown")  # how far the times of its footage are ahead, as they were recorded


@dataclass(frozen=True, slots=True)
class Told:
    """What one way says of one camera."""

    way: Way
    offset: int  # ns ahead
    uncertainty: int  # ns, one standard deviation when it was measured
    measured: int  # ns, by our clock

    def spread(self, now: int) -> float:
        """Its standard deviation (ns) at `now` (ns)."""
        return math.hypot(self.uncertainty, AGEING * max(0, now - self.measured))


def counting(told: Iterable[Told], now: int) -> Told | None:
    """The one that counts at `now` (ns): the surest; what was measured long ago has become less sure."""
    return min(told, key=lambda one: one.spread(now), default=None)


def contradictions(camera: str, told: Iterable[Told], now: int) -> list[str]:
    """Sentences for people, one for each two that cannot both be right; a clock is not compared with footage."""
    kept = list(told)
    kinds = [[one for one in kept if one.way in ways] for ways in (OF_CLOCK, OF_FOOTAGE)]
    return [_words(camera, a, b) for kind in kinds for a, b in combinations(kind, 2) if _apart(a, b, now)]


def _apart(a: Told, b: Told, now: int) -> bool:
    return abs(a.offset - b.offset) > SURE * math.hypot(a.spread(now), b.spread(now))


def _words(camera: str, a: Told, b: Told) -> str:
    first, second = (f"{one.offset / SECOND:+.3f} s by {one.way}" for one in (a, b))
    return f"clock of {camera}: {first}, {second}: they cannot both be right"
