import numpy as np
import pytest

from components.contracts import UNKNOWN, InputError, Person, Zone
from components.zones.presences import Presences

LEFT = Zone("left", "room", ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)))
RIGHT = Zone("right", "room", ((4.0, 0.0), (8.0, 0.0), (8.0, 4.0), (4.0, 4.0)), departments=("Surgery",))
NURSE = Person("n1", "nurse", "Medicine", "00:00-24:00", 1)


@pytest.fixture
def presences():
    return Presences(site="ward", zones=(LEFT, RIGHT), roster=(NURSE,))


def walked(presences, positions):
    """Every stay, one position at a time."""
    return [stay for each in positions for stay in presences.see([each])] + presences.close()


def stays(found):
    return [(stay.zone, round(stay.entered / 1e9, 1), round(stay.left / 1e9, 1)) for stay in found]


def test_a_walk_through_two_rooms_is_two_stays(presences, at):
    found = walked(presences, [at(t, 1 + 0.5 * t) for t in np.arange(0, 12.01, 0.25)])
    assert stays(found) == [("left", 0, 6.5), ("right", 6.8, 12)]
    assert (found[0].site, found[0].identity, found[0].person, found[0].expected) == ("ward", "one", UNKNOWN, "unknown")


def test_who_stands_on_a_border_stays_in_one_room(presences, at):
    rng = np.random.default_rng(0)
    found = walked(presences, [at(t, 3 if t < 2 else 4 + rng.normal(0, 0.1)) for t in np.arange(0, 300, 0.2)])
    assert stays(found) == [("left", 0, 299.8)]


def test_a_step_outside_is_no_new_stay(presences, at):
    found = walked(presences, [at(t, 6 if 10 <= t < 10.8 else 2) for t in np.arange(0, 20.1, 0.2)])
    assert stays(found) == [("left", 0, 20)]


def test_passing_a_corner_for_a_moment_is_no_stay(presences, at):
    assert walked(presences, [at(t, 2, 3.5 + t) for t in np.arange(0, 3, 0.2)][:5]) == []


def test_nowhere_is_no_zone(presences, at):
    found = walked(presences, [at(t, 2, 20 if 5 <= t < 10 else 2) for t in np.arange(0, 15.1, 0.2)])
    assert stays(found) == [("left", 0, 4.8), ("left", 10, 15)]


def test_who_is_out_of_sight_for_long_has_left_when_last_seen(presences, at):
    found = walked(presences, [at(t, 2) for t in (0, 1, 2, 6, 7, 13, 14)])
    assert stays(found) == [("left", 0, 7), ("left", 13, 14)]


def test_others_going_on_is_enough_to_know_that_somebody_left(presences, at):
    for t in (0, 1, 2):
        assert presences.see([at(t, 2), at(t, 6, identity="two")]) == []
    ended = [stay for t in range(3, 10) for stay in presences.see([at(t, 6, identity="two")])]
    assert [(stay.identity, stay.left / 1e9) for stay in ended] == [("one", 2)]
    assert [(stay.identity, stay.zone, stay.entered) for stay in presences.open()] == [("two", "right", 0)]


def test_wandering_between_other_rooms_ends_a_stay(at):
    third = Zone("third", "room", ((8.0, 0.0), (12.0, 0.0), (12.0, 4.0), (8.0, 4.0)))
    presences = Presences(site="ward", zones=(LEFT, RIGHT, third))
    found = walked(presences, [at(t, 2 if t < 3 else 6 + 4 * (round(t * 2) % 2)) for t in np.arange(0, 15, 0.5)])
    assert stays(found) == [("left", 0, 2.5)]


def test_a_desk_inside_a_room_is_entered_and_left(at):
    desk = Zone("desk", "desk", ((0.0, 1.9), (0.4, 1.9), (0.4, 2.1), (0.0, 2.1)))  # narrower than the margin, along a wall
    presences = Presences(site="ward", zones=(desk, LEFT))
    found = walked(presences, [at(t, 0.2 if 5 <= t < 10 else 2) for t in np.arange(0, 15.1, 0.5)])
    assert stays(found) == [("left", 0, 4.5), ("desk", 5, 9.5), ("left", 10, 15)]


def test_a_stay_has_the_surest_name_and_the_roster_says_whether_it_was_expected(presences, at):
    known = {"person": "n1", "role": "nurse", "confidence": 0.9}
    seen = [at(0, 2), at(1, 2, person="x", confidence=0.5), at(2, 2, **known), at(3, 2, role="nurse")]
    (left, right) = walked(presences, [*seen, *(at(t, 6, **known) for t in (4, 5, 6))])
    assert (left.person, left.role, left.department, left.confidence, left.expected) == (
        "n1",
        "nurse",
        "Medicine",
        0.9,
        "expected",
    )
    assert (right.zone, right.expected) == ("right", "unexpected")


def test_people_who_left_are_forgotten(presences, at):
    for t in range(2000):
        presences.see([at(t, 2, identity=str(t))])
    assert len(presences._people) < 10


@pytest.mark.parametrize("wrong", [{"gap_seconds": 0}, {"min_seconds": -1}, {"margin": -0.1}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        Presences(site="ward", zones=(LEFT,), **wrong)
