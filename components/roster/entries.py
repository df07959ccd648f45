"""What a file about the staff says, in whatever form it came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Duty:
    """What somebody is, where, and when they work in general."""

    role: str
    department: str
    shift: str  # local hours as in components/hours.py; empty: none in general
    badge: int | None  # number of the printed marker


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody's duty from `start` until just before `end` (fleet time, ns)."""

    where: str  # line or resource that says so
    person: str
    duty: Duty
    start: int | None  # None: the file does not say since when
    end: int | None  # None: for the rest of what is known


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody is on the roster no longer."""

    where: str
    person: str
    at: int | None  # fleet time, ns; None: the file does not say since when


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody works from `start` until just before `end` (fleet time, ns)."""

    where: str
    person: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Title:
    """What a role or a department is called."""

    where: str
    kind: Literal["role", "department"]
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that cannot be used, and why."""

    where: str
    why: str


@dataclass(slots=True)
class Contents:
    """All of a file, in its order."""

    entries: list[Entry] = field(default_factory=list)
    leavings: list[Leaving] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    planned: dict[str, tuple[int, int]] = field(default_factory=dict)  # person -> the period in which `shifts` are all there are
    titles: list[Title] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def plan(self) -> None:
        """Where nothing else is said, somebody's shifts are all that there are from the first to the last of them."""
        said = frozenset(self.planned)
        for shift in self.shifts:
            if shift.person not in said:
                start, end = self.planned.get(shift.person, (shift.start, shift.end))
                self.planned[shift.person] = (min(start, shift.start), max(end, shift.end))
