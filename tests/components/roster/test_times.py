from __future__ import annotations

from datetime import UTC, datetime

import pytest

from components.contracts import InputError
from components.roster.times import clock, moment, until

BERLIN = clock("Europe/Berlin")


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ("2026", "2025-12-31 23:00", "2026-12-31 23:00"),
        ("2026-03", "2026-02-28 23:00", "2026-03-31 22:00"),
        ("2026-12", "2026-11-30 23:00", "2026-12-31 23:00"),
        ("2026-03-29", "2026-03-28 23:00", "2026-03-29 22:00"),  # 23 hours
        ("2026-07-01T07:00", "2026-07-01 05:00", "2026-07-01 05:00"),
        ("2026-07-01T07:00:00Z", "2026-07-01 07:00", "2026-07-01 07:00"),
        ("2026-07-01T07:00:00.5+05:30", "2026-07-01 01:30", "2026-07-01 01:30"),
    ],
)
def test_days_and_moments(value, start, end):
    assert moment(value, BERLIN) // 10**9 == utc(start) // 10**9
    assert moment(value, BERLIN, end=True) // 10**9 == utc(end) // 10**9


def test_a_fraction_of_a_second_is_kept():
    assert moment("2026-07-01T07:00:00.000001Z", BERLIN) % 10**9 == 1000


def test_for_ever():
    assert until("9999-12-31", BERLIN) is None and until("2026", BERLIN) == utc("2026-12-31 23:00")


@pytest.mark.parametrize("value", ["", "soon", "2026-13", "2026-02-30", "31.12.2026", "0001-01-01", "2300"])
def test_what_is_none(value):
    with pytest.raises(ValueError):
        moment(value, BERLIN)


def test_clocks_that_there_are_not():
    with pytest.raises(InputError, match="no such one"):
        clock("Europe/Nowhere")
