"""Whether the roster has somebody in a zone at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from components.contracts import UNKNOWN, Expected, InputError, Person, Zone
from components.hours import Hours, hours


class Roster:
    """People, their shifts and departments, against the zones that are open to departments.

    Somebody with dated shifts is on duty in these, anybody else in the hours of the week that `shift` says (components/hours.py),
    local ones of `timezone` (IANA), as the clock on the wall shows them, also on the days when it is changed. Coming
    `grace_minutes` early and leaving as much later is no surprise. Raises InputError for a shift or a timezone that is none.
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
        self._hours = {person.id: _hours(person) for person in people}
        self._open = {zone.name: frozenset(zone.departments) for zone in zones}
        self._grace = timedelta(minutes=grace_minutes)

    def department(self, person: str) -> str:
        """Of somebody on the roster, or UNKNOWN."""
        return self._people[person].department if person in self._people else UNKNOWN

    def expected(self, person: str, zone: str, start: int, end: int) -> Expected:
        """Whether somebody may be in `zone` from `start` to `end` (fleet time, ns): on shift all the time, department let in."""
        if person not in self._people or not (self._people[person].shifts or self._hours[person]):
            return "unknown"
        open_to = self._open.get(zone, frozenset())
        welcome = not open_to or self._people[person].department in open_to
        return "expected" if welcome and self._on_shift(person, start, end) else "unexpected"

    def _on_shift(self, person: str, start: int, end: int) -> bool:
        came, went = (datetime.fromtimestamp(time / 1e9, UTC) for time in (start, end))
        if dated := self._people[person].shifts:
            grace = round(self._grace.total_seconds() * 1e9)
            return any(opens - grace <= start and end <= closes + grace for opens, closes in dated)
        if any(item.end - item.begin == 24 * 60 and len(item.days) == 7 for item in self._hours[person]):
            return True
        today = came.astimezone(self._timezone).date()
        days = [today + timedelta(days=shift) for shift in (-1, 0, 1)]
        return any(
            self._within(item, day, came, went) for item in self._hours[person] for day in days if day.weekday() in item.days
        )

    def _within(self, item: Hours, day: date, came: datetime, went: datetime) -> bool:
        midnight = datetime(day.year, day.month, day.day)
        opens, closes = (
            (midnight + timedelta(minutes=m)).replace(tzinfo=self._timezone).astimezone(UTC) for m in (item.begin, item.end)
        )
        return opens - self._grace <= came and went <= closes + self._grace


def _hours(person: Person) -> tuple[Hours, ...]:
    try:
        return hours(person.shift)
    except InputError as error:
        raise InputError(f"{person.id}: {error}") from error
