"""What was true from when until when: periods of one thing that never overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from components.contracts import InputError

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Period(Generic[Value]):
    """`value` was true from `start` until just before `end` (None: still is); fleet time in ns."""

    value: Value
    start: int
    end: int | None = None

    def holds(self, time: int) -> bool:
        return self.start <= time and (self.end is None or time < self.end)


def at(periods: Sequence[Period[Value]], time: int) -> Period[Value] | None:
    """The period that `time` is in."""
    return next((period for period in periods if period.holds(time)), None)


def enter(periods: Sequence[Period[Value]], value: Value, start: int, end: int | None = None) -> list[Period[Value]]:
    """The periods (in order, without overlaps) after somebody said that `value` is true from `start` until `end`.

    Without `end` it is true for the rest of the period that `start` is in, else until the next one begins, else for ever: what
    is known of later times stays. What was said of that time before is cut or split, neighbours with equal values are joined.
    Raises InputError where `end` is not after `start`.
    """
    here = at(periods, start)
    if end is None:
        end = here.end if here else min((period.start for period in periods if period.start > start), default=None)
    elif end <= start:
        raise InputError(f"valid from {start} until {end} (ns of fleet time); expected an end after the beginning")
    return _joined([*without(periods, start, end), Period(value, start, end)])


def without(periods: Sequence[Period[Value]], start: int, end: int | None) -> list[Period[Value]]:
    """What is left of `periods` outside of the time from `start` until `end`."""
    left = [_cut(period, start) for period in periods if period.start < start]
    if end is not None:
        left += [replace(p, start=max(p.start, end)) for p in periods if p.end is None or p.end > end]
    return sorted(left, key=lambda period: period.start)


def _cut(period: Period[Value], end: int) -> Period[Value]:
    return replace(period, end=end if period.end is None else min(period.end, end))


def _joined(periods: list[Period[Value]]) -> list[Period[Value]]:
    joined: list[Period[Value]] = []
    for period in sorted(periods, key=lambda period: period.start):
        if joined and joined[-1].end == period.start and joined[-1].value == period.value:
            joined[-1] = replace(joined[-1], end=period.end)
        else:
            joined.append(period)
    return joined
