"""The past: which runs can be replayed, and who was where in them."""

from __future__ import annotations

import time
from dataclasses import replace

from components.contracts import UNKNOWN, Position
from components.dashboard.answers import Occupancy, TrackRun, TrackRuns, Trail, Window
from components.dashboard.occupancy import occupancy
from components.dashboard.positions import Positions
from components.dashboard.registry import Registry, Tracked

STEP = 200_000_000  # ns between two positions of a person
PRESENT = 1_000_000_000  # ns: who was seen within this time before a moment counts as there


class Replay:
    """Questions about runs of `track` that have written positions."""

    def __init__(self, registry: Registry, positions: Positions) -> None:
        self._registry, self._positions = registry, positions

    def runs(self) -> TrackRuns:
        """The runs with positions, newest first; one that was run again under the same key counts once."""
        tracked = self._registry.tracked()
        if tracked and tracked[0].status == "running" and tracked[0].key:
            tracked[0] = self._at_work(tracked[0])
        found: dict[str, TrackRun] = {}
        for run in tracked:
            if run.end and run.key and run.key not in found:
                found[run.key] = self._answer(run)
        newest = tracked[0].status if tracked else ""
        return TrackRuns(runs=list(found.values()), running=newest == "running", failed=newest == "failed")

    def window(self, run: str, start: int, end: int) -> Window:
        """Everybody's way in `run` from `start` until just before `end`, fleet time in ns."""
        people = self._positions.window(run, start, end)
        zones = sorted({at.zone for at in people})
        trails: dict[str, list[Position]] = {}
        for at in people:
            trails.setdefault(at.identity, []).append(at)
        index = {zone: i for i, zone in enumerate(zones)}
        return Window(
            run=run, from_ms=start // 1_000_000, to_ms=end // 1_000_000, step_ms=STEP // 1_000_000, zones=zones,
            trails=[_trail(way, index) for way in trails.values()],
        )  # fmt: skip

    def occupancy(self, run: str, at: int) -> Occupancy:
        """Who was in which zone in `run` at the fleet time `at` (ns)."""
        newest = {seen.identity: seen for seen in self._positions.window(run, at - PRESENT, at + 1)}
        site = next((item.site for item in self._registry.tracked() if item.key == run), "")
        return occupancy(run, at, self._registry.plan(site or self._registry.newest_site()).zones, newest.values())

    def _at_work(self, run: Tracked) -> Tracked:
        """The newest run, which does not yet say from when to when it has positions."""
        newest, _ = self._registry.position_runs().get(run.key, (0, ""))
        extent = self._positions.extent(run.key, newest or time.time_ns())
        return replace(run, start=extent[0], end=extent[1]) if extent else run

    def _answer(self, run: Tracked) -> TrackRun:
        return TrackRun(
            run=run.key,
            status=run.status,
            site=run.site or self._registry.newest_site(),
            began_ms=run.began // 1_000_000,
            start_ms=run.start // 1_000_000,
            end_ms=-(-run.end // 1_000_000),
            words=list(run.words),
        )


def _trail(way: list[Position], zones: dict[str, int]) -> Trail:
    named = next((at for at in reversed(way) if at.person != UNKNOWN), way[-1])
    return Trail(
        id=way[0].identity,
        person=named.person,
        role=next((at.role for at in reversed(way) if at.role != UNKNOWN), UNKNOWN),
        confidence=round(max(at.confidence for at in way), 2),
        cameras=sorted({camera for at in way for camera in at.cameras}),
        reason=named.reason,
        t_ms=[at.time // 1_000_000 for at in way],
        x=[round(at.x, 2) for at in way],
        y=[round(at.y, 2) for at in way],
        uncertainty=[round(at.uncertainty, 2) for at in way],
        zone=[zones[at.zone] for at in way],
    )
