"""Questions about one moment: who is there, and how the cameras do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from components.contracts import UNKNOWN
from components.database.rows import CameraState, Extent, Found, FoundPage, Headcount, Stay
from components.database.schema import CameraHealth, CameraVersion, PresenceRow, SpanRow, StaffMember, WatchedRow
from components.database.spans import DAY

UNSEEN = 10_000_000_000  # ns after which somebody who is no longer seen is no longer there
COLUMNS = ("identity", "person", "role", "department", "zone", "entered", "left", "confidence", "expected", "open")


def stay_columns() -> Select[Any]:
    """A query for stays, to be narrowed down; `stay_of` makes a Stay of each row."""
    return select(*(getattr(PresenceRow, name) for name in COLUMNS))


def same_site(site: str) -> ColumnElement[bool]:
    """Spelled so that SQLite does not look through all stays of the site, in order of time, for those of one person."""
    return PresenceRow.site.concat("") == site


def stay_of(row: Sequence[Any]) -> Stay:
    return Stay(*row)


def sites(session: Session) -> list[str]:
    return list(session.scalars(select(SpanRow.site).distinct().order_by(SpanRow.site)))


def extent(session: Session, site: str) -> Extent:
    first = session.scalar(select(func.min(WatchedRow.minute)).where(WatchedRow.site == site))
    return Extent(first or 0, newest(session, site))


def newest(session: Session, site: str) -> int:
    """The last moment that anything is known of."""
    left = session.scalar(select(func.max(PresenceRow.left)).where(PresenceRow.site == site))
    watched = session.scalar(select(func.max(WatchedRow.minute)).where(WatchedRow.site == site))
    return max(left or 0, watched or 0)


def there(session: Session, site: str, at: int | None) -> list[Stay]:
    """The stays of `at`: each named person once, where the name is surest."""
    at = newest(session, site) if at is None else at
    going_on = or_(PresenceRow.left >= at, and_(PresenceRow.open, PresenceRow.left >= at - UNSEEN))
    recent = and_(PresenceRow.left >= at - UNSEEN, PresenceRow.left < at + DAY, PresenceRow.entered <= at)
    rows = session.execute(stay_columns().where(PresenceRow.site == site, recent, going_on))
    best: dict[tuple[str, str], Stay] = {}
    for stay in sorted(map(stay_of, rows), key=lambda stay: (stay.confidence, stay.entered, stay.identity)):
        best[(stay.person, stay.identity if stay.person == UNKNOWN else "")] = stay
    return sorted(best.values(), key=lambda stay: (stay.role, stay.person, stay.identity))


def occupancy(session: Session, site: str, at: int | None) -> list[Headcount]:
    groups: dict[tuple[str, str, str], list[Stay]] = defaultdict(list)
    for stay in there(session, site, at):
        groups[(stay.zone, stay.role, stay.department)].append(stay)
    return [
        Headcount(*key, len(people), sum(each.person == UNKNOWN for each in people)) for key, people in sorted(groups.items())
    ]


def available(
    session: Session, site: str, at: int | None, zone: str | None, role: str | None, department: str | None
) -> list[Stay]:
    wanted = {"zone": zone, "role": role, "department": department}
    fits = [(name, value) for name, value in wanted.items() if value is not None]
    return [stay for stay in there(session, site, at) if all(getattr(stay, name) == value for name, value in fits)]


def search(session: Session, site: str, text: str, at: int | None, limit: int, offset: int) -> FoundPage:
    at = newest(session, site) if at is None else at
    fields = (StaffMember.id, StaffMember.role, StaffMember.department)
    matches = or_(*(func.lower(field).contains(text.lower(), autoescape=True) for field in fields))
    total = session.scalar(select(func.count()).select_from(StaffMember).where(matches)) or 0
    page = session.scalars(select(StaffMember).where(matches).order_by(StaffMember.id).limit(limit).offset(offset)).all()
    last = _last_stays(session, site, at, [person.id for person in page])
    return FoundPage(tuple(_found(person, last.get(person.id), at) for person in page), total)


def _last_stays(session: Session, site: str, at: int, people: Sequence[str]) -> dict[str, Stay]:
    """The newest stay of each of `people` that had begun at `at`."""
    began = (
        select(func.max(PresenceRow.entered))
        .where(same_site(site), PresenceRow.person == StaffMember.id, PresenceRow.entered <= at)
        .correlate(StaffMember)
        .scalar_subquery()
    )
    last = {row[0]: row[1] for row in session.execute(select(StaffMember.id, began).where(StaffMember.id.in_(people)))}
    theirs = (PresenceRow.person.in_(people), PresenceRow.entered.in_({began for began in last.values() if began}))
    rows: Iterable[Sequence[Any]] = session.execute(stay_columns().where(PresenceRow.site == site, *theirs))
    found = [stay for stay in map(stay_of, rows) if stay.entered == last[stay.person]]
    return {stay.person: stay for stay in sorted(found, key=lambda stay: stay.confidence)}


def _found(person: StaffMember, stay: Stay | None, at: int) -> Found:
    here = bool(stay) and (stay.left >= at or (stay.open and stay.left >= at - UNSEEN))  # type: ignore[union-attr]
    return Found(person.id, person.role, person.department, person.shift, here, stay)


def cameras(session: Session, site: str) -> list[CameraState]:
    valid = select(CameraVersion).where(CameraVersion.site == site, CameraVersion.valid_until.is_(None))
    entries = session.scalars(valid.order_by(CameraVersion.id)).all()
    states = {row.camera: row for row in session.scalars(select(CameraHealth))}
    rows = [_camera(entry, states.get(entry.id)) for entry in entries]
    return sorted(rows, key=lambda row: (row.state != "failed", row.camera))


def _camera(entry: CameraVersion, row: CameraHealth | None) -> CameraState:
    if row is None:
        return CameraState(entry.id, entry.location, "silent", "", "", 0, 0, 0, 0, 0.0)
    return CameraState(
        entry.id, entry.location, row.state, row.message, row.run, row.last_frame, row.frames, row.rejected, row.dropped, row.fps
    )
