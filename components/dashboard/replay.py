"""The past: which runs can be replayed, and who was where in them."""

from __future__ import annotations

from dataclasses import replace

from components.dashboard.answers import Occupancy, TrackRun, TrackRuns, Trail, Window
from components.dashboard.marks import Continuity, Mark, moments, present, step_of
from components.dashboard.occupancy import occupancy
from components.dashboard.registry import Registry, Tracked
from components.dashboard.sightings import Sightings

PRESENT = 1_000_000_000  # ns: who was seen within this time before a moment counts as there


class Replay:
    """Questions about runs of `track` that have written sightings."""

    def __init__(self, registry: Registry, sightings: Sightings) -> None:
        self._registry, self._sightings = registry, sightings
        self._sites: dict[str, str] = {}

    def runs(self) -> TrackRuns:
        """The runs with sightings, newest first; one that was run again under the same key counts once."""
        tracked = self._registry.tracked()
        if tracked and tracked[0].status == "running" and not tracked[0].end:
            tracked[0] = self._at_work(tracked)
        found: dict[str, TrackRun] = {}
        for run in tracked:
            if run.end and run.key and run.key not in found:
                found[run.key] = self._answer(run)
        newest = tracked[0].status if tracked else ""
        return TrackRuns(runs=list(found.values()), running=newest == "running", failed=newest == "failed")

    def window(self, run: str, start: int, end: int) -> Window:
        """The marks of `run` from `start` until just before `end`, fleet time in ns."""
        views = self._sightings.window(run, start, end)
        step = step_of(views)
        zones = sorted({seen.zone for seen in views})
        trails: dict[str, list[Mark]] = {}
        for marks in moments(views, step, Continuity()):
            for mark in marks:
                trails.setdefault(mark.id, []).append(mark)
        index = {zone: i for i, zone in enumerate(zones)}
        return Window(
            run=run, from_ms=start // 1_000_000, to_ms=end // 1_000_000, step_ms=step // 1_000_000, zones=zones,
            trails=[_trail(marks, index) for marks in trails.values()],
        )  # fmt: skip

    def occupancy(self, run: str, at: int) -> Occupancy:
        """Who was in which zone in `run` at the fleet time `at` (ns)."""
        views = self._sightings.window(run, at - PRESENT, at + 1)
        marks = present(views, step_of(views), Continuity())
        plan = self._registry.plan(self._site(run, at))
        return occupancy(run, at, plan.zones, marks)

    def _at_work(self, tracked: list[Tracked]) -> Tracked:
        """The newest run, which does not yet say what it wrote, completed from its positions and files."""
        known = {run.key for run in tracked[1:]} - {tracked[0].key}
        for key, newest in self._registry.position_runs().items():
            if key not in known and (extent := self._sightings.extent(key, newest)):
                return replace(tracked[0], key=key, start=extent[0], end=extent[1])
        return tracked[0]

    def _answer(self, run: Tracked) -> TrackRun:
        return TrackRun(
            run=run.key,
            status=run.status,
            site=run.site or self._site(run.key, run.start),
            began_ms=run.began // 1_000_000,
            start_ms=run.start // 1_000_000,
            end_ms=-(-run.end // 1_000_000),
            words=list(run.words),
        )

    def _site(self, run: str, time: int) -> str:
        """The site of `run`: that of a camera which it used in the hour of `time`, else the newest."""
        if run not in self._sites:
            used = self._sightings.camera_version(run, time)
            site = self._registry.site_of(*used) if used else ""
            if not site:
                return self._registry.newest_site()
            self._sites[run] = site
        return self._sites[run]


def _trail(marks: list[Mark], zones: dict[str, int]) -> Trail:
    best = [mark.best for mark in marks]
    return Trail(
        id=marks[0].id,
        person=best[0].person,
        role=marks[-1].role,
        confidence=round(max(seen.confidence for seen in best), 2),
        cameras=sorted({camera for mark in marks for camera in mark.cameras}),
        t_ms=[seen.time // 1_000_000 for seen in best],
        x=[round(seen.x, 2) for seen in best],
        y=[round(seen.y, 2) for seen in best],
        uncertainty=[round(seen.uncertainty, 2) for seen in best],
        zone=[zones[seen.zone] for seen in best],
    )
