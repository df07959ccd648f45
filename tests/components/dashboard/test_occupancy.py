"""Counting people per zone."""

from __future__ import annotations

from components.contracts import UNKNOWN, Position
from components.dashboard.answers import ZoneShape
from components.dashboard.occupancy import occupancy

ZONES = [ZoneShape(name=name, kind="room", polygon=[(0, 0), (1, 0), (1, 1)]) for name in ("Bay A", "Bay B")]


def mark(person, role, zone, track):
    return Position(0, f"p{track}", person, role, 0.9, 0, 0, 0.1, zone, ("a",), (), "")


def test_people_are_counted_by_zone_role_and_whether_they_are_named():
    people = [mark("n1", "nurse", "Bay A", 1), mark(UNKNOWN, "nurse", "Bay A", 2), mark(UNKNOWN, UNKNOWN, "Bay A", 3)]
    answer = occupancy("0123456789ab", 5_000_000, ZONES, people)
    assert (answer.at_ms, answer.total, answer.unnamed) == (5, 3, 2)
    assert answer.zones[0].roles == {"nurse": 2, UNKNOWN: 1}
    assert (answer.zones[0].total, answer.zones[0].unnamed) == (3, 2)


def test_an_empty_zone_is_in_the_answer():
    assert [(zone.zone, zone.total) for zone in occupancy("", 0, ZONES, []).zones] == [("Bay A", 0), ("Bay B", 0)]


def test_somebody_outside_the_plan_is_not_lost():
    answer = occupancy("", 0, ZONES, [mark("n1", "nurse", UNKNOWN, 1)])
    assert answer.total == 1
    assert answer.zones[-1].zone == UNKNOWN
