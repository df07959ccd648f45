"""What a wrong clock looks like: local time, a change of the hour, a leap second, one that was never set."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

SECOND = 1_000_000_000  # ns
HOUR, QUARTER = 3600, 900  # s; local times are whole quarters of an hour from UTC
WIDEST = 14 * HOUR  # s that local time is away from UTC, at most
NEAR_HOUR, NEAR_QUARTER = 30.0, 10.0  # s by which a clock on local time is wrong besides
LEAP = 0.1  # s that a leap second is measured wrong
CHANGES = (3, 4, 9, 10, 11)  # months in which somebody's hour changes, on a Sunday there
YEAR = timedelta(days=366)
ZEROS = tuple(
    datetime(*day, tzinfo=UTC) for day in ((1900, 1, 1), (1904, 1, 1), (1970, 1, 1), (1980, 1, 6), (2000, 1, 1), (2036, 2, 7))
)


def never_set(offset: int, now: int) -> str:
    """What a clock says that counts from its zero, as it has no battery; '' for others. `offset`, `now`: ns."""
    says = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=(now + offset) // SECOND)
    counted = any(zero <= says < zero + YEAR for zero in ZEROS)
    return f"was never set (says {says.year})" if counted and abs(offset) > YEAR.total_seconds() * SECOND else ""


def local_time(offset: int) -> str:
    """The zone in which a clock that is `offset` (ns) ahead is right, such as UTC+5:30; '' where there is none."""
    seconds = offset / SECOND
    quarters = round(seconds / QUARTER)
    near = NEAR_QUARTER if quarters % 4 else NEAR_HOUR
    if not quarters or abs(seconds) > WIDEST + near or abs(seconds - quarters * QUARTER) > near:
        return ""
    hours, minutes = divmod(abs(quarters) * 15, 60)
    return f"UTC{'+' if quarters > 0 else '-'}{hours}" + (f":{minutes:02d}" if minutes else "")


def changed_hour(step: int, at: int) -> bool:
    """Whether a clock that stepped by `step` at `at` (ns) went to daylight saving time, or came from it."""
    day = datetime.fromtimestamp(at / SECOND, UTC)
    return abs(abs(step) / SECOND - HOUR) <= NEAR_HOUR and day.month in CHANGES and day.weekday() in (5, 6)


def leap_second(step: int, at: int) -> bool:
    """Whether it is a leap second, which come at the end of a month of UTC; a camera may hear of it a day later."""
    moment = datetime.fromtimestamp(at / SECOND, UTC)
    ends = (moment + timedelta(hours=1)).date()  # the first of a month from an hour before it on
    return abs(abs(step) / SECOND - 1) <= LEAP and ends.day in (1, 2) and moment.date() <= date(ends.year, ends.month, 1)
