"""How many people are in each zone, minute by minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from components.contracts import UNKNOWN, Position

MINUTE = 60_000_000_000  # ns


@dataclass(frozen=True, slots=True)
class Occupancy:
    """People of one role in one zone in one minute."""

    minute: int  # its beginning, fleet time in ns
    zone: str
    role: str
    person_seconds: float
    unnamed_seconds: float  # of person_seconds, those of people without a name
    most: int  # people of the role at once
    zone_most: int  # people of all roles at once


@dataclass(frozen=True, slots=True)
class Watched:
    """A minute in which somebody looked."""

    minute: int
    seconds: float  # of the minute
    most: int  # people at once on the whole site


@dataclass(slots=True)
class _Count:
    moments: int = 0
    unnamed: int = 0
    most: int = 0


class Minutes:
    """Counts people in zones, moment by moment; each moment stands for `step` seconds until the next."""

    def __init__(self, *, step: float) -> None:
        self._step = step
        self._counts: dict[tuple[int, str, str], _Count] = {}
        self._zones: dict[tuple[int, str], int] = {}
        self._watched: dict[int, _Count] = {}

    def see(self, time: int, positions: Sequence[Position]) -> None:
        """One moment, also one with nobody in it."""
        minute = time // MINUTE * MINUTE
        site = self._watched.setdefault(minute, _Count())
        site.moments, site.most = site.moments + 1, max(site.most, len(positions))
        for (zone, role), people in Counter((each.zone, each.role) for each in positions).items():
            count = self._counts.setdefault((minute, zone, role), _Count())
            count.moments, count.most = count.moments + people, max(count.most, people)
        for zone, people in Counter(each.zone for each in positions).items():
            self._zones[minute, zone] = max(self._zones.get((minute, zone), 0), people)
        for each in positions:
            if each.person == UNKNOWN:
                self._counts[minute, each.zone, each.role].unnamed += 1

    def rows(self) -> list[Occupancy]:
        """All that is known, in order; zones without people are left out."""
        return [
            Occupancy(*key, self._seconds(count.moments), self._seconds(count.unnamed), count.most, self._zones[key[:2]])
            for key, count in sorted(self._counts.items(), key=lambda item: item[0])
        ]

    def watched(self) -> list[Watched]:
        """The minutes that moments were seen of."""
        return [
            Watched(minute, min(self._seconds(count.moments), 60.0), count.most)
            for minute, count in sorted(self._watched.items())
        ]

    def forget(self, time: int) -> None:
        """Drop the minutes that ended at `time` or before."""
        last = time - MINUTE
        self._counts = {key: count for key, count in self._counts.items() if key[0] > last}
        self._zones = {key: most for key, most in self._zones.items() if key[0] > last}
        self._watched = {minute: count for minute, count in self._watched.items() if minute > last}

    def _seconds(self, moments: int) -> float:
        return round(moments * self._step, 6)
