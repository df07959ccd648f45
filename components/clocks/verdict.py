"""What a camera's clock is worth: right, off and corrected, or so far off that what it says is not used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from components.clocks.clock import Estimate

SECOND = 1_000_000_000  # ns
FAR = 120.0  # s: a clock that is more wrong was never set; its times are not used at all

State = Literal["right", "fault", "quarantined", "silent"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a clock is doing, for people to read."""

    state: State
    says: str


def judged(camera: str, estimate: Estimate | None, *, trusted: float) -> Verdict:
    """`trusted` (s) is how wrong a clock may be before it counts as a fault and is corrected; beyond `FAR` it is not used."""
    if estimate is None:
        return Verdict("silent", f"{camera} says no time of its own: its pictures have the time at which they came")
    off = estimate.offset / SECOND
    size = f"{abs(off):.1f} s" if abs(off) >= 1 else f"{1000 * abs(off):.0f} ms"
    where = "ahead" if off > 0 else "behind"
    if abs(off) <= trusted:
        return Verdict("right", f"{camera} is {size} {where}, within {trusted:g} s")
    since = f"{datetime.fromtimestamp(estimate.since / SECOND, UTC):%H:%M}"
    if abs(off) <= FAR:
        return Verdict("fault", f"clock fault: {camera} is {size} {where} since {since}; corrected")
    return Verdict("quarantined", f"clock fault: {camera} is {size} {where} since {since}; what it says is not used")
