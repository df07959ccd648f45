"""Days and moments as files about the staff write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from components.contracts import InputError

LAST = 2262  # the year in which nanoseconds since 1970 no longer fit into 64 bits
PARTIAL = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


def clock(timezone: str) -> ZoneInfo:
    """The clocks of a site. Raises InputError where there are no such ones."""
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"timezone {timezone!r}: there is no such one; expected a name such as Europe/Berlin") from error


def until(value: str, zone: ZoneInfo) -> int | None:
    """As `moment` with `end`; None for a time so far away (9999-12-31) that it means for ever."""
    return None if value.strip()[:4].isdecimal() and int(value.strip()[:4]) >= LAST else moment(value, zone, end=True)


def moment(value: str, zone: ZoneInfo, *, end: bool = False) -> int:
    """A year, month, day or moment as fleet time (ns): its beginning, or with `end` the beginning of what follows it.

    Without an offset it is meant by the clocks of `zone`. Raises ValueError for anything else.
    """
    if match := PARTIAL.fullmatch(value.strip()):
        year, month, day = (int(part) if part else None for part in match.groups())
        first = date(year or 1, month or 1, day or 1)
        found = datetime.combine(_next(first, month, day) if end else first, datetime.min.time())
    else:
        found = datetime.fromisoformat(value.strip())
    if not 1678 <= found.year < LAST:
        raise ValueError(f"the year {found.year} is too far away")
    found = found if found.tzinfo else found.replace(tzinfo=zone)
    return (found.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def _next(first: date, month: int | None, day: int | None) -> date:
    """The day after a year, month or day that begins with `first`."""
    if day is not None:
        return first + timedelta(days=1)
    return date(first.year + 1, 1, 1) if month is None or month == 12 else date(first.year, month + 1, 1)
