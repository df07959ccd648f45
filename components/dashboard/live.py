"""The present: who is where at the newest moment that a run of `track` has written."""

from __future__ import annotations

from dataclasses import dataclass

from components.contracts import Position
from components.dashboard.answers import Live, LiveMark, Occupancy
from components.dashboard.occupancy import occupancy
from components.dashboard.registry import Registry

FRESH = 2_000_000_000  # ns of fleet time before the newest position, after which somebody counts as gone


@dataclass(frozen=True, slots=True)
class Newest:
    """The run that the page follows."""

    run: str  # empty: it does not say its key yet
    running: bool
    time: int  # fleet time of its newest position, ns; 0: there is none
    site: str


class Present:
    """Where everybody is, from the positions table of `registry`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def newest(self) -> Newest | None:
        """The run at work; else the newest that left positions, None where none did."""
        left = self._registry.position_runs()
        tracked = self._registry.tracked()
        if tracked and tracked[0].status == "running":
            run = tracked[0].key
            time, site = left.get(run, (0, ""))
            return Newest(run, True, time, tracked[0].site or site)
        finished = (run.key for run in tracked if run.key in left)
        run = next(finished, None) or max(left, key=lambda run: left[run], default="")
        return Newest(run, False, *left[run]) if run else None

    def fresh(self, newest: Newest) -> list[Position]:
        """Who was there in the last `FRESH` ns of the run, by its own newest time."""
        people = self._registry.positions(newest.run, newest.time - FRESH)
        last = max((at.time for at in people), default=newest.time)
        return [at for at in people if at.time > last - FRESH]

    def occupancy(self) -> Occupancy:
        """Who is in which zone now."""
        newest = self.newest()
        if newest is None or not newest.run:
            return occupancy("", 0, self._registry.plan(self._registry.newest_site()).zones, [])
        people = self.fresh(newest)
        at = max((person.time for person in people), default=newest.time)
        return occupancy(newest.run, at, self._registry.plan(newest.site).zones, people)


def live(newest: Newest | None, people: list[Position]) -> Live:
    """The answer for the fresh positions of a run."""
    if newest is None:
        return Live(at_ms=0, run="", site="", running=False, marks=[])
    at = max((person.time for person in people), default=newest.time)
    return Live(
        at_ms=at // 1_000_000, run=newest.run, site=newest.site, running=newest.running, marks=[_mark(at) for at in people]
    )


def _mark(at: Position) -> LiveMark:
    return LiveMark(
        id=at.identity,
        person=at.person,
        role=at.role,
        confidence=round(at.confidence, 2),
        cameras=list(at.cameras),
        t_ms=at.time // 1_000_000,
        x=round(at.x, 2),
        y=round(at.y, 2),
        uncertainty=round(at.uncertainty, 2),
        zone=at.zone,
        reason=at.reason,
    )
