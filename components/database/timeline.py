"""Occupancy over time, by the minute, hour or day."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from components.contracts import InputError
from components.database.rows import Bin
from components.database.schema import OccupancyRow, SpanRow, WatchedRow, ZoneHour
from components.database.spans import DAY, HOUR, MINUTE, Interval, within, without
from components.database.sums import ALL

MOST_BY_THE_MINUTE = 25 * HOUR  # the longest day


@dataclass(slots=True)
class _Sum:
    """Of one minute, hour or day."""

    seconds: float = 0.0
    unnamed: float = 0.0
    most: int = 0
    watched: float = 0.0

    def add(self, seconds: float, unnamed: float, most: int) -> None:
        self.seconds, self.unnamed, self.most = self.seconds + seconds, self.unnamed + unnamed, max(self.most, most)


def bins(
    session: Session, site: str, period: Interval, step: Literal["minute", "hour", "day"], zone: str | None, role: str | None
) -> list[Bin]:
    """See Questions.timeline."""
    if period.end <= period.start or (step == "minute" and period.end - period.start > MOST_BY_THE_MINUTE):
        hours = (period.end - period.start) / HOUR
        raise InputError(f"a timeline of {hours:g} hours by the {step}; expected more than 0, and by the minute at most 25")
    parts = _bins(session, site, period, step)
    whole = Interval(parts[0].start, parts[-1].end)
    sums = [_Sum() for _ in parts]
    find = _finder(parts)
    if step == "minute":
        _minutes(session, site, whole, zone, role, sums, find)
    else:
        summed = _hours(session, site, whole, zone, role, sums, find)
        for rest in without(whole, summed):
            _minutes(session, site, rest, zone, role, sums, find)
    _watched(session, site, whole, sums, find)
    return [_bin(part, item) for part, item in zip(parts, sums, strict=True)]


def _bins(session: Session, site: str, period: Interval, step: str) -> list[Interval]:
    if step != "day":
        length = MINUTE if step == "minute" else HOUR
        first, last = period.start // length, -(-period.end // length)
        return [Interval(i * length, (i + 1) * length) for i in range(first, last)]
    offsets = _offsets(session, site)
    midnights = [_midnight(period.start, offsets)]
    while midnights[-1] < period.end:
        midnights.append(_midnight(midnights[-1] + DAY + 2 * HOUR, offsets))  # a day has 23, 24 or 25 hours
    return [Interval(a, b) for a, b in pairwise(midnights)]


def _midnight(time: int, offset_at: Callable[[int], int]) -> int:
    """The beginning of the day, by the site's clocks, that `time` is in."""
    offset = offset_at(time) * 10**9
    midnight = (time + offset) // DAY * DAY - offset
    return midnight + offset - offset_at(midnight) * 10**9


def _offsets(session: Session, site: str) -> Callable[[int], int]:
    """How many seconds the site's clocks are ahead of UTC at a time, as far as it was watched about then."""
    query = select(func.min(SpanRow.start), SpanRow.offset).where(SpanRow.site == site, SpanRow.kind == "hour")
    starts = sorted(tuple(row) for row in session.execute(query.group_by(SpanRow.offset, SpanRow.start // (7 * DAY))))

    def at(time: int) -> int:
        known = [offset for start, offset in starts if start <= time]
        return known[-1] if known else (starts[0][1] if starts else 0)

    return at


def _finder(parts: list[Interval]) -> Callable[[int], int]:
    starts = [part.start for part in parts]
    return lambda time: bisect_right(starts, time) - 1


def _hours(
    session: Session, site: str, whole: Interval, zone: str | None, role: str | None, sums: list[_Sum], find: Callable[[int], int]
) -> list[Interval]:
    """Adds the hours that were summed; which these are."""
    wanted = (SpanRow.site == site, SpanRow.kind == "hour", within(SpanRow.start, [whole]), SpanRow.summed)
    summed = list(session.scalars(select(SpanRow.start).where(*wanted)))
    query = select(ZoneHour.start, ZoneHour.person_seconds, ZoneHour.unnamed_seconds, ZoneHour.most)
    query = query.where(ZoneHour.site == site, ZoneHour.zone == (zone or ALL), ZoneHour.role == (role or ALL))
    for start, seconds, unnamed, most in session.execute(query.where(within(ZoneHour.start, [whole]))):
        sums[find(start)].add(seconds, unnamed, most)
    return [Interval(start, start + HOUR) for start in summed]


def _minutes(
    session: Session, site: str, part: Interval, zone: str | None, role: str | None, sums: list[_Sum], find: Callable[[int], int]
) -> None:
    seconds, unnamed = func.sum(OccupancyRow.person_seconds), func.sum(OccupancyRow.unnamed_seconds)
    most = func.max(OccupancyRow.most if role else OccupancyRow.zone_most)
    query = select(OccupancyRow.minute, seconds, unnamed, most)
    query = query.where(OccupancyRow.site == site, within(OccupancyRow.minute, [part]))
    query = query.where(OccupancyRow.zone == zone) if zone else query
    query = query.where(OccupancyRow.role == role) if role else query
    for minute, spent, without_name, peak in session.execute(query.group_by(OccupancyRow.minute)):
        sums[find(minute)].add(spent, without_name, peak if zone else math.ceil(spent / 60))
    if not zone and not role:
        watched = select(WatchedRow.minute, WatchedRow.most).where(WatchedRow.site == site, within(WatchedRow.minute, [part]))
        for minute, peak in session.execute(watched):
            sums[find(minute)].most = max(sums[find(minute)].most, peak)


def _watched(session: Session, site: str, whole: Interval, sums: list[_Sum], find: Callable[[int], int]) -> None:
    wanted = (WatchedRow.site == site, within(WatchedRow.minute, [whole]))
    length = HOUR if len(sums) < (whole.end - whole.start) // MINUTE else MINUTE
    span = WatchedRow.minute // length
    for number, seconds in session.execute(select(span, func.sum(WatchedRow.seconds)).where(*wanted).group_by(span)):
        sums[find(int(number) * length)].watched += seconds


def _bin(part: Interval, item: _Sum) -> Bin:
    length = (part.end - part.start) / 1e9
    mean, unnamed = (value / item.watched if item.watched else 0.0 for value in (item.seconds, item.unnamed))
    return Bin(part.start, part.end, mean, unnamed, item.most, min(item.watched / length, 1.0))
