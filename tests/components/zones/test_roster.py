from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from components.contracts import InputError, Person, Zone
from components.zones.roster import Roster

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (Zone("ward", "room", ((0, 0), (1, 0), (1, 1))), Zone("theatre", "room", ((2, 0), (3, 0), (3, 1)), ("Surgery",)))
PEOPLE = (
    Person("day", "nurse", "Medicine", "07:00-19:00", 1),
    Person("night", "doctor", "Surgery", "19:00-07:00", 2),
    Person("always", "porter", "Surgery", "00:00-24:00", 3),
    Person("round", "porter", "Surgery", "07:00-07:00", 4),
)


def ns(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()) * 10**9


@pytest.fixture
def roster():
    return Roster(PEOPLE, zones=ZONES, timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("person", "zone", "start", "end", "answer"),
    [
        ("day", "ward", "2026-03-02 10:00", "2026-03-02 11:00", "expected"),
        ("day", "ward", "2026-03-02 06:40", "2026-03-02 07:10", "expected"),
        ("day", "ward", "2026-03-02 18:00", "2026-03-02 19:31", "unexpected"),
        ("day", "ward", "2026-03-02 22:00", "2026-03-02 22:01", "unexpected"),
        ("day", "theatre", "2026-03-02 10:00", "2026-03-02 11:00", "unexpected"),
        ("day", "nowhere", "2026-03-02 10:00", "2026-03-02 11:00", "expected"),
        ("night", "theatre", "2026-03-02 23:00", "2026-03-03 06:00", "expected"),
        ("night", "theatre", "2026-03-03 01:00", "2026-03-03 02:00", "expected"),
        ("night", "theatre", "2026-03-03 12:00", "2026-03-03 12:30", "unexpected"),
        ("always", "ward", "2026-03-02 12:00", "2026-03-05 12:00", "expected"),
        ("round", "ward", "2026-03-02 06:00", "2026-03-02 08:00", "expected"),
        ("stranger", "ward", "2026-03-02 10:00", "2026-03-02 11:00", "unknown"),
    ],
)
def test_who_is_expected_where_and_when(roster, person, zone, start, end, answer):
    assert roster.expected(person, zone, ns(start), ns(end)) == answer


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-07-01"])
def test_a_shift_follows_the_clock_on_the_wall(day):
    exact = Roster(PEOPLE, zones=ZONES, timezone="Europe/Berlin", grace_minutes=0)
    assert exact.expected("day", "ward", ns(f"{day} 07:00"), ns(f"{day} 19:00")) == "expected"
    assert exact.expected("day", "ward", ns(f"{day} 06:59"), ns(f"{day} 10:00")) == "unexpected"
    assert exact.expected("day", "ward", ns(f"{day} 10:00"), ns(f"{day} 19:01")) == "unexpected"


def test_departments(roster):
    assert (roster.department("night"), roster.department("stranger")) == ("Surgery", "unknown")


@pytest.mark.parametrize("shift", ["7-19", "07:00", "25:00-26:00", "10:00-24:30"])
def test_a_shift_that_is_none_is_named(shift):
    with pytest.raises(InputError, match=r"odd: shift is .*expected"):
        Roster((Person("odd", "nurse", "A", shift, 1),))


def test_a_timezone_that_is_none_is_named():
    with pytest.raises(InputError, match="timezone 'Mars/Base'"):
        Roster((), timezone="Mars/Base")
    with pytest.raises(InputError, match="grace_minutes -1"):
        Roster((), grace_minutes=-1)


def test_hours_of_the_week_and_dated_shifts():
    people = (
        Person("office", "clerk", "", "mon-fri 08:00-16:00; sat 22:00-02:00", 1),
        Person("dated", "nurse", "", "07:00-19:00", 2, shifts=((ns("2026-03-02 20:00"), ns("2026-03-03 04:00")),)),
        Person("free", "nurse", "", "", 3),
    )
    roster = Roster(people, timezone="Europe/Berlin", grace_minutes=10)
    asked = {
        ("office", "2026-03-02 09:00"): "expected",  # Monday
        ("office", "2026-03-07 09:00"): "unexpected",
        ("office", "2026-03-08 01:00"): "expected",  # the night after Saturday
        ("office", "2026-03-09 01:00"): "unexpected",
        ("dated", "2026-03-03 03:00"): "expected",
        ("dated", "2026-03-02 09:00"): "unexpected",  # only the dated ones count
        ("free", "2026-03-02 09:00"): "unknown",
    }
    assert {key: roster.expected(key[0], "ward", ns(key[1]), ns(key[1])) for key in asked} == asked
