"""The present: who is where at the newest moment that a run of `track` has written."""

from __future__ import annotations

from dataclasses import dataclass

from components.dashboard.answers import Live, LiveMark, Occupancy
from components.dashboard.marks import STEP, Continuity, Mark, Seen, present
from components.dashboard.occupancy import occupancy
from components.dashboard.registry import Registry

FRESH = 2_000_000_000  # ns of fleet time before the newest position, after which somebody counts as gone


@dataclass(frozen=True, slots=True)
class Newest:
    """The run that the page follows."""

    run: str  # empty: it has not seen anybody yet
    running: bool
    time: int  # fleet time of its newest position, ns
    site: str


class Positions:
    """Where everybody was last seen, from the positions table of `registry`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def newest(self) -> Newest | None:
        """The run at work, without a key until it has seen somebody; else the newest that left positions, None where none did."""
        left = self._registry.position_runs()
        tracked = self._registry.tracked()
        running = bool(tracked) and tracked[0].status == "running"
        finished = [run.key for run in tracked if run.key and run.status != "running"]
        if running:
            candidates = [run for run in left if run not in finished]
        else:
            candidates = [run for run in finished if run in left] or sorted(left, key=lambda run: -left[run])
        if not candidates:
            return Newest("", True, 0, "") if running else None
        run, time = candidates[0], left[candidates[0]]
        site = next((item.site for item in tracked if item.site and item.key == run), "")
        return Newest(run, running, time, site or self._site(run, time))

    def fresh(self, newest: Newest) -> list[Seen]:
        """The views of the last `FRESH` ns of the run, by its own newest time."""
        views = self._registry.positions(newest.run, newest.time - FRESH)
        last = max((seen.time for seen in views), default=newest.time)
        return sorted((seen for seen in views if seen.time > last - FRESH), key=lambda seen: (seen.camera, seen.track))

    def occupancy(self) -> Occupancy:
        """Who is in which zone now."""
        newest = self.newest()
        if newest is None or not newest.run:
            return occupancy("", 0, self._registry.plan(self._registry.newest_site()).zones, [])
        views = self.fresh(newest)
        at = max((seen.time for seen in views), default=newest.time)
        return occupancy(newest.run, at, self._registry.plan(newest.site).zones, present(views, STEP, Continuity()))

    def _site(self, run: str, time: int) -> str:
        """The site of `run`, whose cameras need not be registered yet: by the zones that people are in, then by a camera."""
        views = self._registry.positions(run, time - FRESH)
        by_zone = self._registry.site_with(seen.zone for seen in views)
        return by_zone or (self._registry.site_of(views[0].camera) if views else "") or self._registry.newest_site()


def live(newest: Newest | None, views: list[Seen], continuity: Continuity) -> Live:
    """The answer for the fresh `views` of a run; `continuity` holds the names of the marks from one answer to the next."""
    if newest is None:
        return Live(at_ms=0, run="", site="", running=False, marks=[])
    at = max((seen.time for seen in views), default=newest.time)
    marks = [_mark(mark) for mark in present(views, STEP, continuity)]
    return Live(at_ms=at // 1_000_000, run=newest.run, site=newest.site, running=newest.running, marks=marks)


def _mark(mark: Mark) -> LiveMark:
    best = mark.best
    return LiveMark(
        id=mark.id,
        person=best.person,
        role=mark.role,
        confidence=round(best.confidence, 2),
        cameras=list(mark.cameras),
        t_ms=best.time // 1_000_000,
        x=round(best.x, 2),
        y=round(best.y, 2),
        uncertainty=round(best.uncertainty, 2),
        zone=best.zone,
    )
