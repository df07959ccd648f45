"""Questions about a period: stays, dwell times, flows and heat."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from components.database.grids import grid_of
from components.database.present import same_site, stay_columns, stay_of
from components.database.rows import Crossed, Dwell, Flow, HeatMap, Stays
from components.database.schema import CrossingRow, FlowDay, HeatDay, HeatRow, PresenceRow, TransitionRow
from components.database.spans import DAY, HOUR, Interval, checked, cut, within
from components.database.sums import ALL, Level, Sums, read
from components.facts import heat as grids
from components.facts.dwell import percentile

LONGEST = DAY  # ns: how long before a period a stay that reaches into it may have begun


def stays(
    session: Session, site: str, period: Interval, person: str | None, role: str | None, zone: str | None,
    limit: int, after: tuple[int, str] | None,
) -> Stays:  # fmt: skip
    of_site = PresenceRow.site == site if person is None else same_site(site)
    wanted = [of_site, PresenceRow.entered < period.end, PresenceRow.left >= period.start]
    wanted.append(PresenceRow.entered >= period.start - LONGEST)
    for column, value in ((PresenceRow.person, person), (PresenceRow.role, role), (PresenceRow.zone, zone)):
        wanted += [] if value is None else [column == value]
    if after:
        earlier = and_(PresenceRow.entered == after[0], PresenceRow.identity < after[1])
        wanted += [PresenceRow.entered <= after[0], or_(PresenceRow.entered < after[0], earlier)]
    order = (PresenceRow.entered.desc(), PresenceRow.identity.desc())
    rows = [stay_of(row) for row in session.execute(stay_columns().where(*wanted).order_by(*order).limit(limit + 1))]
    last = rows[limit - 1] if len(rows) > limit else None
    return Stays(tuple(rows[:limit]), (last.entered, last.identity) if last else None)


def dwell(
    session: Session, site: str, period: Interval, by: Literal["zone", "role", "both"], zone: str | None, role: str | None
) -> list[Dwell]:
    each = {"zone": (None, ALL), "role": (ALL, None), "both": (None, None)}[by]
    level = Level(zone or each[0], role or each[1])
    sums = read(session, site, cut(session, site, period), level)
    return [_dwell(key, item) for key, item in sorted(sums.items())]


def _dwell(key: tuple[str, str], item: Sums) -> Dwell:
    mean = item.dwell_seconds / item.exits if item.exits else 0.0
    median, p90 = (percentile(item.dwell, share, longest=item.dwell_most) for share in (0.5, 0.9))
    return Dwell(*key, item.entries, item.exits, mean, median, p90, item.dwell_most, item.person_seconds)


def flows(session: Session, site: str, period: Interval, role: str | None) -> list[Flow]:
    parts = cut(session, site, period)
    found: dict[tuple[str, str], list[float]] = {}
    days = select(FlowDay.from_zone, FlowDay.to_zone, func.sum(FlowDay.times), func.sum(FlowDay.seconds))
    days = days.where(FlowDay.site == site, FlowDay.role == (role or ALL), within(FlowDay.day, parts.days))
    between = func.sum(TransitionRow.entered - TransitionRow.left)
    rest = select(TransitionRow.from_zone, TransitionRow.to_zone, func.count(), between / 1e9)
    rest = rest.where(TransitionRow.site == site, within(TransitionRow.entered, parts.outside_days))
    rest = rest.where(TransitionRow.role == role) if role else rest
    for query in (days.group_by(FlowDay.from_zone, FlowDay.to_zone), rest.group_by("from_zone", "to_zone")):
        for from_zone, to_zone, times, seconds in session.execute(query):
            sums = found.setdefault((from_zone, to_zone), [0, 0.0])
            sums[0] += int(times)
            sums[1] += float(seconds)
    rows = [Flow(*zones, int(times), seconds / times) for zones, (times, seconds) in found.items()]
    return sorted(rows, key=lambda row: (-row.times, row.from_zone, row.to_zone))


def crossings(session: Session, site: str, period: Interval, line: str | None) -> list[Crossed]:
    query = select(CrossingRow.line, CrossingRow.direction, func.count())
    query = query.where(CrossingRow.site == site, within(CrossingRow.time, [checked(period)]))
    query = query.where(CrossingRow.line == line) if line else query
    found: dict[str, dict[str, int]] = {}
    for name, direction, times in session.execute(query.group_by(CrossingRow.line, CrossingRow.direction)):
        found.setdefault(name, {"in": 0, "out": 0})[direction] = int(times)
    return [Crossed(name, times["in"], times["out"]) for name, times in sorted(found.items())]


def heat(session: Session, site: str, period: Interval, role: str | None) -> HeatMap:
    whole = Interval(period.start // HOUR * HOUR, -(-period.end // HOUR) * HOUR)
    parts = cut(session, site, whole)
    days = select(HeatDay).where(HeatDay.site == site, HeatDay.role == (role or ALL), within(HeatDay.day, parts.days))
    hours = select(HeatRow).where(HeatRow.site == site, HeatRow.role == (role or ALL), within(HeatRow.hour, parts.outside_days))
    rows: list[HeatDay | HeatRow] = [*session.scalars(days), *session.scalars(hours)]
    cell = max(rows, key=lambda row: row.day if isinstance(row, HeatDay) else row.hour).cell if rows else 0.5
    total = grids.total(map(grid_of, rows), cell=cell)
    seconds = tuple(map(tuple, total.seconds.tolist()))
    return HeatMap(whole.start, whole.end, cell, total.column * cell, total.row * cell, seconds)
