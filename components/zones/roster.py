"""Whether the roster has somebody in a zone at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from components.contracts import UNKNOWN, Expected, InputError, Person, Zone

SHIFT = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


class Roster:
    """People, their shifts and departments, against the zones that are open to departments.

    A shift is in local hours of `timezone` (IANA), as the clock on the wall shows them, also on the days when it is changed.
    One that ends before it begins goes on over midnight, one that ends when it begins lasts all day. Coming `grace_minutes`
    early and leaving as much later is no surprise. Raises InputError for a shift or a timezone that is none.
    """

    def __init__(
        self, people: Sequence[Person], *, zones: Sequence[Zone] = (), timezone: str = "UTC", grace_minutes: float = 30.0
    ) -> None:
        try:
            self._timezone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InputError(f"timezone {timezone!r}: there is no such one; expected a name such as Europe/Berlin") from error
        if grace_minutes < 0:
            raise InputError(f"roster with grace_minutes {grace_minutes}, expected at least 0")
        self._people = {person.id: person for person in people}
        self._shifts = {person.id: _minutes(person) for person in people}
        self._open = {zone.name: frozenset(zone.departments) for zone in zones}
        self._grace = timedelta(minutes=grace_minutes)

    def department(self, person: str) -> str:
        """Of somebody on the roster, or UNKNOWN."""
        return self._people[person].department if person in self._people else UNKNOWN

    def expected(self, person: str, zone: str, start: int, end: int) -> Expected:
        """Whether somebody may be in `zone` from `start` to `end` (fleet time, ns): on shift all the time, department let in."""
        if person not in self._people:
            return "unknown"
        open_to = self._open.get(zone, frozenset())
        welcome = not open_to or self._people[person].department in open_to
        return "expected" if welcome and self._on_shift(person, start, end) else "unexpected"

    def _on_shift(self, person: str, start: int, end: int) -> bool:
        begin, finish = self._shifts[person]
        came, went = (datetime.fromtimestamp(time / 1e9, UTC) for time in (start, end))
        today = came.astimezone(self._timezone).date()
        for day in (today + timedelta(days=shift) for shift in (-1, 0, 1)):
            midnight = datetime(day.year, day.month, day.day)
            opens, closes = (
                (midnight + timedelta(minutes=m)).replace(tzinfo=self._timezone).astimezone(UTC) for m in (begin, finish)
            )
            if opens - self._grace <= came and went <= closes + self._grace:
                return True
        return begin + 24 * 60 == finish  # all day, every day


def _minutes(person: Person) -> tuple[int, int]:
    """Begin and end of a shift in minutes since midnight; the end is the later one."""
    if not (match := SHIFT.fullmatch(person.shift.strip())):
        raise InputError(f"{person.id}: shift is {person.shift!r}; expected local hours such as 07:00-19:00")
    hour, minute, until_hour, until_minute = map(int, match.groups())
    begin, end = hour * 60 + minute, until_hour * 60 + until_minute
    if end > 24 * 60:
        raise InputError(f"{person.id}: shift is {person.shift!r}; expected hours up to 24:00")
    return begin, end if end > begin else end + 24 * 60
