"""Ways to know a clock, which of several counts, and where two of them contradict each other."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from components.clocks.envelope import STEEPEST
from components.clocks.verdict import FAR, State

SECOND = 1_000_000_000  # ns
AGEING = 50e-6  # s per s that what was measured once becomes less sure: as wrong as an ordinary crystal runs
SURE = 3.0  # standard deviations beyond which two contradict each other

Way = Literal["stream", "device", "people", "flash", "shown"]
OF_CLOCK: tuple[Way, ...] = ("stream", "device")  # how far the camera's own clock is ahead
OF_FOOTAGE: tuple[Way, ...] = ("people", "flash", "shown")  # how far the times of its footage are ahead, as they were recorded
SAYS: dict[Way, str] = {
    "stream": "its stream says", "device": "it says when it is asked", "people": "people say whom others see too",
    "flash": "light says that others see too", "shown": "a clock says that was shown to it",
}  # fmt: skip


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

    def sure(self, now: int) -> bool:
        """Whether it is still known at `now` (ns) that it is off: what was once measured of footage is not true for ever."""
        return abs(self.offset) > self.spread(now)


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


def drift(before: Told | None, after: Told) -> float | None:
    """What a clock gained since it was measured `before` in the same way, in s per s; None where that says nothing.

    That is where too little time went by for the uncertainties, or more changed than any crystal does: it was set in between.
    """
    passed = after.measured - before.measured if before is not None else 0
    if before is None or passed <= 0 or math.hypot(before.uncertainty, after.uncertainty) > AGEING * passed:
        return None
    found = (after.offset - before.offset) / passed
    return found if abs(found) <= STEEPEST else None


def judged(camera: str, told: Told, *, trusted: float) -> tuple[State, str]:
    """How a camera does as one way says, and that in words; `trusted` (s) is how wrong a clock, or what is recorded, may be."""
    off = abs(told.offset) / SECOND
    size = f"{off:.1f} s" if off >= 1 else f"{1000 * off:.0f} ms"
    where = f"{size} {'ahead' if told.offset > 0 else 'behind'}, as {SAYS[told.way]}"
    what = camera if told.way in OF_CLOCK else f"what is recorded of {camera}"
    if off <= trusted:
        return "right", f"{what} is {where}"
    return ("quarantined" if off > FAR and told.way in OF_CLOCK else "fault"), f"clock fault: {what} is {where}"
