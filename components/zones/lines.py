"""Who went over a line on the floor, and which way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot

from components.contracts import Crossing, InputError, Line, Position

Place = tuple[float, float]


@dataclass(slots=True)
class _Way:
    """How one identity came here."""

    last: int  # ns
    sides: dict[str, float] = field(default_factory=dict)  # line -> 1.0 left of it, -1.0 right of it, clear of its margin
    seen: dict[str, tuple[int, Place]] = field(default_factory=dict)  # line -> when and where it was last clear of it


class Lines:
    """Turns the positions of a site, in order of time, into crossings; bounded by the people of the last `gap_seconds`.

    Somebody has crossed who was at least `margin` metres on one side of a line and now is as much on the other, where the
    straight way between the two places goes through the line and not past its ends: who stands on it crosses once or never.
    The time is that at which somebody of even pace was on it. From the right hand of a line to its left is in.
    """

    def __init__(self, *, site: str, lines: tuple[Line, ...], margin: float = 0.2, gap_seconds: float = 5.0) -> None:
        if margin < 0 or gap_seconds <= 0:
            raise InputError(f"lines with margin {margin} and gap_seconds {gap_seconds}, expected at least 0 and more than 0")
        if short := [line.name for line in lines if _length(line) < 0.01]:
            raise InputError(f"lines {', '.join(short)}: start and end are one place, expected two, in metres")
        if twice := sorted({line.name for line in lines if [other.name for other in lines].count(line.name) > 1}):
            raise InputError(f"lines {', '.join(twice)}: there are several of this name; give each line another one")
        self._site, self._lines, self._margin, self._gap = site, lines, margin, round(gap_seconds * 1e9)
        self._people: dict[str, _Way] = {}
        self._now = 0

    def see(self, positions: Sequence[Position]) -> list[Crossing]:
        """The crossings that these positions (of one moment or several) complete."""
        found = list[Crossing]()
        for position in positions:
            if position.time > self._now:
                self._now = position.time
                self._people = {i: way for i, way in self._people.items() if self._now - way.last <= self._gap}
            way = self._people.setdefault(position.identity, _Way(position.time))
            way.last = position.time
            found += [crossing for line in self._lines if (crossing := self._step(way, line, position))]
        return found

    def _step(self, way: _Way, line: Line, position: Position) -> Crossing | None:
        place = (position.x, position.y)
        off = _beside(line, place)
        if abs(off) < max(self._margin, 1e-9):
            return None
        side, before = (1.0 if off > 0 else -1.0), way.seen.get(line.name)
        turned = before is not None and way.sides[line.name] != side
        way.sides[line.name], way.seen[line.name] = side, (position.time, place)
        if not turned or before is None:
            return None
        moment, whence = before
        share = abs(_beside(line, whence)) / (abs(_beside(line, whence)) + abs(off))
        through = (whence[0] + share * (place[0] - whence[0]), whence[1] + share * (place[1] - whence[1]))
        if not 0 <= _along(line, through) <= _length(line):
            return None
        time = round(moment + share * (position.time - moment))
        return Crossing(
            self._site, line.name, "in" if side > 0 else "out", time, position.identity, position.person, position.role
        )


def _length(line: Line) -> float:
    return hypot(line.end[0] - line.start[0], line.end[1] - line.start[1])


def _beside(line: Line, place: Place) -> float:
    """Metres to the left of the endless line through start and end."""
    (x1, y1), (x2, y2) = line.start, line.end
    return ((x2 - x1) * (place[1] - y1) - (y2 - y1) * (place[0] - x1)) / _length(line)


def _along(line: Line, place: Place) -> float:
    """Metres from the start, along the line."""
    (x1, y1), (x2, y2) = line.start, line.end
    return ((x2 - x1) * (place[0] - x1) + (y2 - y1) * (place[1] - y1)) / _length(line)
