"""Positions, moment by moment: also the moments in which nobody was there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from components.contracts import Position

Moment = tuple[int, list[Position]]  # fleet time in ns, and everybody's position then


def moments(
    positions: Iterable[Position], *, step: float = 0.2, start: int | None = None, end: int | None = None
) -> Iterator[Moment]:
    """Groups `positions` (in order of time), with an empty moment every `step` s between them and from `start` to `end` (ns)."""
    length = round(step * 1e9)
    expected = start
    for time, people in groupby(positions, key=lambda position: position.time):
        yield from _empty(time if expected is None else expected, time - length // 2, length)
        yield time, list(people)
        expected = time + length
    if expected is not None and end is not None:
        yield from _empty(expected, end, length)


def _empty(start: int, end: int, length: int) -> Iterator[Moment]:
    for time in range(start, end, length):
        yield time, []
