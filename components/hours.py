"""Hours of the week in which somebody works, as rosters write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from components.contracts import InputError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIMES = re.compile(r"(?:(?P<days>[a-z,\- ]+) )?([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begin` to `end` in minutes since midnight of the days on which they begin; the end is the later one."""

    days: frozenset[int]  # 0: Monday
    begin: int
    end: int


def hours(shift: str) -> tuple[Hours, ...]:
    """The hours that a text such as `07:00-19:00`, `mon-fri 07:00-15:00` or `mon,wed 07:00-15:00; sat 19:00-07:00` means.

    Hours that end before they begin go on over midnight, those that end when they begin last all day; "" is none.
    Raises InputError for any other text.
    """
    return tuple(_hours(part.strip().lower(), shift) for part in shift.split(";")) if shift.strip() else ()


def _hours(part: str, shift: str) -> Hours:
    match = TIMES.fullmatch(part)
    if not match:
        raise InputError(f"shift is {shift!r}; expected local hours such as 07:00-19:00 or mon-fri 07:00-15:00; sat 08:00-12:00")
    hour, minute, until_hour, until_minute = map(int, match.groups()[1:])
    begin, end = hour * 60 + minute, until_hour * 60 + until_minute
    if end > 24 * 60:
        raise InputError(f"shift is {shift!r}; expected hours up to 24:00")
    days = _days(match["days"], shift) if match["days"] else frozenset(range(7))
    return Hours(days, begin, end if end > begin else end + 24 * 60)


def _days(text: str, shift: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise InputError(f"shift is {shift!r}: {part!r} is no day; expected {', '.join(DAYS)}, or a range such as mon-fri")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found.update(day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))
    return frozenset(found)


def during(text: str, local: datetime) -> bool:
    """Whether the moment `local`, of the clock on the wall, is within the hours that `text` means. Raises InputError as hours."""
    minutes, day = local.hour * 60 + local.minute, local.weekday()
    return any(
        (day in one.days and one.begin <= minutes < one.end) or ((day - 1) % 7 in one.days and minutes + 24 * 60 < one.end)
        for one in hours(text)
    )
