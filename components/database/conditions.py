"""How every camera does, with what its footage lacks: what those who watch over machines ask for."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from components.clocks.ways import OF_CLOCK, OF_FOOTAGE, Told, Way, counting
from components.database.schema import CameraClock, CameraHealth, CameraVersion, GapRow

DAY = 86_400 * 10**9  # ns
STALE = 30.0  # s without a report that mean that nobody asks the camera any more


@dataclass(frozen=True, slots=True)
class Missing:
    """What a camera's footage lacks."""

    gaps: int = 0
    nanoseconds: int = 0
    reason: str = ""  # of the newest
    ended: int = 0  # the newest, fleet time, ns


@dataclass(frozen=True, slots=True)
class Condition:
    """One camera."""

    camera: str
    site: str
    location: str
    health: CameraHealth | None  # None: nobody has ever asked it
    missing: Missing
    offset: int | None  # ns that its clock is ahead, by the way that counts; None: it says no time
    footage: int | None = None  # ns that what is recorded of it is ahead, by the way that counts; None: nobody has looked

    def up(self, now: int) -> bool:
        """Whether pictures come at `now` (ns): somebody said so just now."""
        return self.health is not None and self.health.state == "ok" and now - self.health.reported < STALE * 10**9


def conditions(session: Session) -> list[Condition]:
    """Of every camera in the registry, by name."""
    valid = select(CameraVersion).where(CameraVersion.valid_until.is_(None)).order_by(CameraVersion.id)
    health = {row.camera: row for row in session.scalars(select(CameraHealth))}
    clock, footage = _offsets(session, OF_CLOCK), _offsets(session, OF_FOOTAGE)
    gaps = missing(session)
    return [
        Condition(
            row.id, row.site, row.location, health.get(row.id), gaps.get(row.id, Missing()), clock.get(row.id),
            footage.get(row.id),
        )
        for row in session.scalars(valid)
    ]  # fmt: skip


def _offsets(session: Session, ways: tuple[Way, ...]) -> dict[str, int]:
    """By camera, of those ways the one that counts."""
    told: dict[str, list[Told]] = {}
    for row in session.scalars(select(CameraClock).where(CameraClock.way.in_(ways), CameraClock.offset.is_not(None))):
        told.setdefault(row.camera, []).append(Told(row.way, row.offset, row.uncertainty, row.measured))  # type: ignore[arg-type]
    now = time.time_ns()
    return {camera: best.offset for camera, ones in told.items() if (best := counting(ones, now))}


def missing(session: Session, since: int = 0) -> Mapping[str, Missing]:
    """The gaps of every camera that has any, from `since` (fleet time, ns) on; one that had begun before counts from then on."""
    begun = case((GapRow.start < since, since), else_=GapRow.start)
    newest = select(GapRow.camera, func.max(GapRow.end).label("end")).where(GapRow.end > since).group_by(GapRow.camera).subquery()
    reasons = select(GapRow.camera, GapRow.reason).join(newest, (GapRow.camera == newest.c.camera) & (GapRow.end == newest.c.end))
    why = {row.camera: row.reason for row in session.execute(reasons)}
    summed = (func.count(), func.sum(GapRow.end - begun), func.max(GapRow.end))
    rows = session.execute(select(GapRow.camera, *summed).where(GapRow.end > since).group_by(GapRow.camera))
    return {camera: Missing(int(count), int(length), why[camera], int(end)) for camera, count, length, end in rows}


def last_day(session: Session) -> Mapping[str, Missing]:
    """The gaps of the last 24 hours, by this machine's clock."""
    return missing(session, time.time_ns() - DAY)
