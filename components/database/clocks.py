"""How the cameras' clocks are doing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from components.clocks.clock import Clock
from components.clocks.verdict import State, judged
from components.database.database import Database
from components.database.schema import CameraClock


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of one camera's clock."""

    camera: str
    state: State
    says: str
    offset: int | None  # ns that it is ahead of fleet time; None: it says no time
    drift: float | None  # s per s that it gains
    uncertainty: int | None  # ns
    since: int | None  # fleet time, ns
    measured: int  # by the wall's clock, ns


def reading(camera: str, clock: Clock, trusted: float) -> Reading:
    """Of a camera now; `trusted` (s) is how wrong it may be."""
    found = clock.estimate()
    verdict = judged(camera, found, trusted=trusted)
    if found is None:
        return Reading(camera, verdict.state, verdict.says, None, None, None, None, time.time_ns())
    numbers = (found.offset, found.drift, found.uncertainty, found.since)
    return Reading(camera, verdict.state, verdict.says, *numbers, time.time_ns())


def of(sources: Iterable[Any]) -> list[Reading]:
    """Of those sources that have a clock."""
    return [reading(one.camera.id, one.clock, one.clock_error) for one in sources if hasattr(one, "clock")]


def report(database: Database, run: str, readings: Iterable[Reading]) -> None:
    """Replace what was known of these cameras' clocks."""
    with database.session() as session:
        for one in readings:
            session.merge(
                CameraClock(
                    camera=one.camera, run=run, state=one.state, says=one.says, offset=one.offset, drift=one.drift,
                    uncertainty=one.uncertainty, since=one.since, measured=one.measured,
                )
            )  # fmt: skip


def known(database: Database) -> list[Reading]:
    """Every camera whose clock was ever looked at, by name."""
    with database.session() as session:
        return [
            Reading(row.camera, row.state, row.says, row.offset, row.drift, row.uncertainty, row.since, row.measured)  # type: ignore[arg-type]
            for row in session.scalars(select(CameraClock).order_by(CameraClock.camera))
        ]
