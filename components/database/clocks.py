"""How the cameras' clocks are doing."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from components.clocks import own
from components.clocks.clock import Clock
from components.clocks.verdict import Off, State, judged, shared
from components.clocks.ways import OF_CLOCK, Told, Way, contradictions, counting
from components.database.database import Database
from components.database.schema import CameraClock

SECOND = 1_000_000_000  # ns


@dataclass(frozen=True, slots=True)
class Reading:
    """What one way says of one camera's clock."""

    camera: str
    state: State
    says: str
    offset: int | None  # ns that it is ahead of fleet time, or what was recorded of it; None: it says no time
    drift: float | None  # s per s that it gains
    uncertainty: int | None  # ns
    since: int | None  # fleet time, ns
    measured: int  # by the wall's clock, ns
    way: Way = "stream"
    step: int | None = None  # ns, the newest, positive: ahead; None: there was none

    @property
    def told(self) -> Told | None:
        """Its numbers; None where it says no time."""
        if self.offset is None or self.uncertainty is None:
            return None
        return Told(self.way, self.offset, self.uncertainty, self.measured)


def reading(camera: str, clock: Clock, trusted: float) -> Reading:
    """Of a camera now; `trusted` (s) is how wrong it may be."""
    moment = own.now()
    found = clock.estimate(moment)
    verdict = judged(camera, found, trusted=trusted, now=moment)
    if found is None:
        return Reading(camera, verdict.state, verdict.says, None, None, None, None, time.time_ns())
    latency = clock.latency * SECOND / math.sqrt(3)  # a picture may take none of it, or twice as long
    numbers = (found.offset, found.drift, round(math.hypot(found.uncertainty, latency)), found.since)
    return Reading(camera, verdict.state, verdict.says, *numbers, time.time_ns(), step=found.step or None)


def of(sources: Iterable[Any]) -> list[Reading]:
    """Of those sources that have a clock."""
    return [reading(one.camera.id, one.clock, one.clock_error) for one in sources if hasattr(one, "clock")]


def report(database: Database, run: str, readings: Iterable[Reading]) -> None:
    """Replace what was known of these cameras' clocks, in the ways of these readings."""
    told = list(readings)
    with database.session() as session:
        asked = select(CameraClock).where(CameraClock.camera.in_([one.camera for one in told]))
        _known = session.scalars(asked).all()  # all at once, so that `merge` does not ask for each
        for one in told:
            session.merge(
                CameraClock(
                    camera=one.camera, way=one.way, run=run, state=one.state, says=one.says, offset=one.offset, drift=one.drift,
                    uncertainty=one.uncertainty, since=one.since, step=one.step,
                    measured=one.measured,
                )
            )  # fmt: skip


def known(database: Database) -> list[Reading]:
    """Every camera whose clock was ever looked at, by name, in every way in which it was."""
    with database.session() as session:
        return [
            Reading(
                row.camera, row.state, row.says, row.offset, row.drift, row.uncertainty, row.since, row.measured,  # type: ignore[arg-type]
                row.way, row.step,  # type: ignore[arg-type]
            )
            for row in session.scalars(select(CameraClock).order_by(CameraClock.camera, CameraClock.way.desc()))
        ]  # fmt: skip


def counted(readings: Iterable[Reading], now: int) -> dict[str, Reading]:
    """Of each camera whose own clock is known in some way, the way that counts at `now` (ns)."""
    ways: dict[str, dict[Way, Reading]] = {}
    for one in readings:
        if one.way in OF_CLOCK and one.told is not None:
            ways.setdefault(one.camera, {})[one.way] = one
    best = {camera: counting((one.told for one in of_one.values() if one.told), now) for camera, of_one in ways.items()}
    return {camera: ways[camera][one.way] for camera, one in best.items() if one is not None}


def doubts(readings: Iterable[Reading], now: int) -> dict[str, str]:
    """Of each camera whose clock is known in ways that contradict each other, what they say."""
    kept = list(readings)
    told = {camera: [one.told for one in kept if one.camera == camera and one.told] for camera in {one.camera for one in kept}}
    said = {camera: contradictions(camera, of_one, now) for camera, of_one in sorted(told.items())}
    return {camera: "; ".join(words) for camera, words in said.items() if words}


def common(readings: Iterable[Reading]) -> list[str]:
    """What went wrong with several cameras at once, in sentences."""
    there = [one for one in readings if one.offset is not None]
    return shared(Off(one.camera, one.offset or 0, one.step or 0, one.since or 0) for one in there)
