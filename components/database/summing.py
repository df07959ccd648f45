"""Keeps the sums of finished hours and days up to date, so that questions about a month need not count."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from components.contracts import InputError
from components.database.grids import grid_of
from components.database.schema import FlowDay, HeatDay, HeatRow, SpanRow, TransitionRow, WatchedRow, ZoneDay, ZoneHour
from components.database.spans import DAY, HOUR, MINUTE, Interval, within
from components.database.sums import ALL, COLUMNS, Key, Sums, add_up, count
from components.facts import dwell
from components.facts.heat import Grid, total

SETTLED = MINUTE  # ns after the end of an hour or day: until then stays that end in it may become known


def clock(timezone: str) -> Callable[[int], int]:
    """How many seconds the clocks of `timezone` are ahead of UTC at a fleet time (ns)."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"timezone {timezone!r}: there is no such one; expected a name such as Europe/Berlin") from error

    def offset(time: int) -> int:
        ahead = datetime.fromtimestamp(time // 10**9, UTC).astimezone(zone).utcoffset()
        return round(ahead.total_seconds()) if ahead else 0

    return offset


def touch(session: Session, site: str, moments: Iterable[int], offset: Callable[[int], int]) -> None:
    """The hours and days of `moments` (ns) have to be summed again."""
    times = sorted(set(moments))
    for kind, length in (("hour", HOUR), ("day", DAY)):
        starts = sorted({time // length * length for time in times})
        known = dict(_known(session, site, kind, starts))
        new = [
            {"site": site, "kind": kind, "start": at, "offset": offset(at), "summed": False} for at in starts if at not in known
        ]
        if new:
            session.connection().execute(insert(SpanRow), new)
        for start in (at for at, summed in known.items() if summed):
            _forget(session, site, kind, start)


def _known(session: Session, site: str, kind: str, starts: list[int]) -> list[tuple[int, bool]]:
    query = select(SpanRow.start, SpanRow.summed).where(SpanRow.site == site, SpanRow.kind == kind, SpanRow.start.in_(starts))
    return [(start, summed) for start, summed in session.execute(query)]


def _forget(session: Session, site: str, kind: str, start: int) -> None:
    """The sums of a span are no longer true."""
    _mark(session, site, kind, start, summed=False)
    if kind == "hour":
        session.execute(delete(ZoneHour).where(ZoneHour.site == site, ZoneHour.start == start))
        return
    session.execute(delete(ZoneDay).where(ZoneDay.site == site, ZoneDay.start == start))
    session.execute(delete(FlowDay).where(FlowDay.site == site, FlowDay.day == start))
    session.execute(delete(HeatDay).where(HeatDay.site == site, HeatDay.day == start))


def _mark(session: Session, site: str, kind: str, start: int, *, summed: bool) -> None:
    which = (SpanRow.site == site, SpanRow.kind == kind, SpanRow.start == start)
    session.execute(update(SpanRow).where(*which).values(summed=summed))


def catch_up(session: Session, site: str, now: int) -> None:
    """Sum the hours, then the days, that ended a while before `now` or the last minute that was watched."""
    watched = session.scalar(select(func.max(WatchedRow.minute)).where(WatchedRow.site == site))
    settled = max(now, (watched or 0) + MINUTE) - SETTLED
    for kind, length, work in (("hour", HOUR, _sum_hour), ("day", DAY, _sum_day)):
        waiting = (SpanRow.site == site, SpanRow.kind == kind, ~SpanRow.summed, SpanRow.start <= settled - length)
        for start in session.scalars(select(SpanRow.start).where(*waiting).order_by(SpanRow.start)).all():
            work(session, site, start)
            _mark(session, site, kind, start, summed=True)


def _sum_hour(session: Session, site: str, start: int) -> None:
    _enter_zones(session, ZoneHour, site, start, count(session, site, Interval(start, start + HOUR)))


def _sum_day(session: Session, site: str, start: int) -> None:
    names = ("zone", "role", *COLUMNS, "dwell")
    day = [Interval(start, start + DAY)]
    hours = select(*(getattr(ZoneHour, name) for name in names)).where(ZoneHour.site == site, within(ZoneHour.start, day))
    _enter_zones(session, ZoneDay, site, start, add_up(session.execute(hours).all()))
    _sum_flows(session, site, start)
    _sum_heat(session, site, start)


def _enter_zones(session: Session, table: type[ZoneHour | ZoneDay], site: str, start: int, sums: dict[Key, Sums]) -> None:
    rows = [
        {**asdict(item), "dwell": dwell.pack(item.dwell), "site": site, "start": start, "zone": zone, "role": role}
        for (zone, role), item in sums.items()
    ]
    if rows:
        session.connection().execute(insert(table), rows)


def _sum_flows(session: Session, site: str, start: int) -> None:
    inside = (TransitionRow.site == site, TransitionRow.entered.between(start, start + DAY - 1))
    ways = (TransitionRow.from_zone, TransitionRow.to_zone)
    figures = (func.count(), func.sum(TransitionRow.entered - TransitionRow.left) / 1e9)
    names = ("site", "day", "role", "from_zone", "to_zone", "times", "seconds")
    for role, groups in ((TransitionRow.role, (TransitionRow.role, *ways)), (literal(ALL), ways)):
        sums = select(literal(site), literal(start), role, *ways, *figures).where(*inside).group_by(*groups)
        session.execute(insert(FlowDay).from_select(names, sums))


def _sum_heat(session: Session, site: str, start: int) -> None:
    of_day = (HeatRow.site == site, HeatRow.hour.between(start, start + DAY - 1))
    newest = session.scalar(select(HeatRow.cell).where(*of_day).order_by(HeatRow.hour.desc()).limit(1))
    for role in session.scalars(select(HeatRow.role).where(*of_day).distinct().order_by(HeatRow.role)).all():
        grids = [grid_of(row) for row in session.scalars(select(HeatRow).where(*of_day, HeatRow.role == role))]
        columns = grid_columns(total(grids, cell=newest or 0.5))
        session.connection().execute(insert(HeatDay), [{"site": site, "day": start, "role": role, **columns}])


def grid_columns(grid: Grid) -> dict[str, Any]:
    """A grid as the columns of its table."""
    rows, columns = grid.seconds.shape
    place = {"cell": grid.cell, "column": grid.column, "row": grid.row}
    return {**place, "rows": rows, "columns": columns, "seconds": grid.pack()}
