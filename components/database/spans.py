"""Cuts a period into days and hours whose sums are there, and the rest that has to be counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from components.contracts import InputError
from components.database.schema import SpanRow

MINUTE = 60_000_000_000  # ns
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` until just before `end`, fleet time in ns."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A period in parts that do not overlap."""

    days: tuple[Interval, ...]  # of summed days
    hours: tuple[Interval, ...]  # of summed hours
    rest: tuple[Interval, ...]

    @property
    def outside_days(self) -> tuple[Interval, ...]:
        return join([*self.hours, *self.rest])


def cut(session: Session, site: str, period: Interval) -> Cut:
    """Days before hours before counting. Raises InputError where the period is empty."""
    days = _summed(session, site, "day", DAY, [checked(period)])
    hours = _summed(session, site, "hour", HOUR, without(period, days))
    return Cut(days, hours, without(period, [*days, *hours]))


def checked(period: Interval) -> Interval:
    """The same period. Raises InputError where it is empty."""
    if period.end <= period.start:
        raise InputError(
            f"a period from {period.start} to {period.end}, expected one that ends after it begins (ns of fleet time)"
        )
    return period


def without(period: Interval, parts: Sequence[Interval]) -> tuple[Interval, ...]:
    """What of `period` is in none of `parts`, which lie inside it and do not overlap."""
    left, at = [], period.start
    for part in sorted(parts, key=lambda part: part.start):
        if part.start > at:
            left.append(Interval(at, part.start))
        at = part.end
    return (*left, Interval(at, period.end)) if at < period.end else tuple(left)


def join(parts: Sequence[Interval]) -> tuple[Interval, ...]:
    """The same time in as few intervals as possible."""
    joined: list[Interval] = []
    for part in sorted(parts, key=lambda part: part.start):
        if joined and joined[-1].end == part.start:
            joined[-1] = Interval(joined[-1].start, part.end)
        else:
            joined.append(part)
    return tuple(joined)


def _summed(session: Session, site: str, kind: str, length: int, periods: Sequence[Interval]) -> tuple[Interval, ...]:
    """The whole spans inside `periods` that have sums, joined."""
    found: list[Interval] = []
    for period in periods:
        inside = (SpanRow.start >= period.start) & (SpanRow.start <= period.end - length)
        query = select(SpanRow.start).where(SpanRow.site == site, SpanRow.kind == kind, inside, SpanRow.summed)
        found += [Interval(start, start + length) for start in session.scalars(query)]
    return join(found)


def within(column: InstrumentedAttribute[int], parts: Sequence[Interval]) -> ColumnElement[bool]:
    """Whether the time in `column` is in one of `parts`."""
    return or_(false(), *(and_(column >= part.start, column < part.end) for part in parts))
