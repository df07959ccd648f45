"""Moments and periods as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from components.contracts import InputError

DAY = re.compile(r"\d{4}-\d\d-\d\d")
EXPECTED = "expected a day such as 2026-03-02, or a moment such as 2026-03-02T14:00 (UTC, unless it says +01:00)"


def moment(name: str, value: str | None, *, end: bool = False) -> int | None:
    """`value` as fleet time in ns; None where there is none. A day is its beginning, or with `end` the beginning of the next.

    Raises InputError, with the `name` of the word, for what is neither a day nor a moment.
    """
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is {value!r}; {EXPECTED}") from error
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    found += timedelta(days=1) if end and DAY.fullmatch(value) else timedelta()
    return round(found.timestamp() * 1_000_000) * 1000


def shown(time: int) -> str:
    """A moment (ns) for people to read, to the minute."""
    return f"{datetime.fromtimestamp(time / 1e9, UTC):%Y-%m-%d %H:%M} UTC"
