import numpy as np
import pytest

from components.contracts import UNKNOWN, InputError, Zone
from components.plan import Plan

DESK = Zone("desk", "desk", ((1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0)))
ROOM = Zone("room", "room", ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)))
NOTCHED = Zone("notched", "room", ((5.0, 0.0), (6.0, 0.0), (6.0, 4.0), (5.5, 0.5), (5.0, 4.0)))
PLAN = Plan((DESK, ROOM, NOTCHED))


def test_the_first_zone_that_holds_a_place_counts():
    places = [(1.5, 1.5), (0.5, 0.5), (3.5, 1.5), (4.5, 1.5), (5.1, 0.6), (5.5, 0.7)]
    assert PLAN.names(places) == ("desk", "room", "room", UNKNOWN, "notched", UNKNOWN)
    assert PLAN.names(np.zeros((0, 2))) == ()


def test_a_place_on_a_shared_border_is_in_one_zone():
    left, right = (Zone(n, "room", tuple((x + d, y) for x, y in ROOM.polygon)) for n, d in (("left", 0), ("right", 4)))
    border = [(4.0, y) for y in np.linspace(0.1, 3.9, 20)]
    assert set(Plan((left, right)).names(border)) <= {"left", "right"}


def test_without_zones_nobody_is_in_one():
    assert Plan(()).names([(0, 0), (1, 1)]) == (UNKNOWN, UNKNOWN)


@pytest.mark.parametrize(("place", "away"), [((3.0, 1.5), 1.0), ((1.5, 1.75), -0.25), ((5.0, 6.0), 5.0), ((2.0, 1.2), 0.0)])
def test_how_far_a_place_is_from_a_border(place, away):
    assert PLAN.away(place, "desk") == pytest.approx(away)


def test_a_line_is_no_zone_and_a_name_is_used_once():
    with pytest.raises(InputError, match="zones flat: fewer than 3 corners"):
        Plan((Zone("flat", "room", ((0.0, 0.0), (1.0, 1.0))),))
    with pytest.raises(InputError, match="zones room: there are several"):
        Plan((ROOM, ROOM))
