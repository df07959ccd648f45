"""What a wrong clock looks like is told from its offset, its step and the date."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from components.clocks.causes import changed_hour, leap_second, local_time, never_set

SECOND = 1_000_000_000


def _at(*words: int) -> int:
    return int(datetime(*words, tzinfo=UTC).timestamp()) * SECOND


NOW = _at(2026, 11, 23, 12)


@pytest.mark.parametrize(
    ("seconds", "zone"),
    [
        (7200, "UTC+2"), (7212.0, "UTC+2"), (-18_000, "UTC-5"), (19_800, "UTC+5:30"), (20_700 + 4, "UTC+5:45"),
        (-12_600, "UTC-3:30"), (0, ""), (3.2, ""), (700, ""), (5000, ""), (19_800 + 15, ""), (15 * 3600, ""), (50_400, "UTC+14"),
    ],
)  # fmt: skip
def test_whole_quarters_of_an_hour_are_local_time(seconds, zone):
    assert local_time(round(seconds * SECOND)) == zone


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (_at(1970, 1, 1, 0, 5), "was never set (says 1970)"),
        (_at(1970, 9, 1), "was never set (says 1970)"),
        (_at(2000, 1, 1, 3), "was never set (says 2000)"),
        (_at(2036, 2, 7, 7), "was never set (says 2036)"),
        (-2_208_988_700 * SECOND, "was never set (says 1900)"),
        (_at(2019, 6, 1), ""),
        (NOW + 7200 * SECOND, ""),
    ],
)
def test_a_clock_that_counts_from_its_zero_was_never_set(says, words):
    assert never_set(says - NOW, NOW) == words


def test_in_2036_the_right_time_is_not_that_of_a_clock_that_was_never_set():
    now = _at(2036, 3, 1)
    assert never_set(200 * SECOND, now) == ""


@pytest.mark.parametrize(
    ("step", "at", "changed"),
    [
        (3600, _at(2026, 3, 29, 1), True), (-3600, _at(2026, 10, 25, 1), True), (-3600, _at(2026, 11, 1, 9), True),
        (3600, _at(2026, 10, 3, 16), True), (3600, _at(2026, 3, 25, 1), False), (1800, _at(2026, 3, 29, 1), False),
        (3600, _at(2026, 7, 5, 1), False),
    ],
)  # fmt: skip
def test_the_hour_changes_on_a_sunday_of_spring_or_autumn(step, at, changed):
    assert changed_hour(step * SECOND, at) is changed


@pytest.mark.parametrize(
    ("step", "at", "leap"),
    [
        (-1.0, _at(2016, 12, 31, 23, 59), True), (1.04, _at(2017, 1, 1, 14), True), (1.0, _at(2017, 1, 2, 0, 1), False),
        (1.0, _at(2016, 12, 31, 20), False), (2.0, _at(2017, 1, 1), False), (-1.0, _at(2026, 7, 1, 3), True), (0.0, NOW, False),
    ],
)  # fmt: skip
def test_a_second_at_the_end_of_a_month_is_a_leap_second(step, at, leap):
    assert leap_second(round(step * SECOND), at) is leap
