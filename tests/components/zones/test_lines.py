import numpy as np
import pytest

from components.contracts import InputError, Line
from components.zones.lines import Lines

DOOR = Line("door", (4.0, 0.0), (4.0, 4.0))  # upwards: left of it is x < 4


@pytest.fixture
def lines():
    return Lines(site="ward", lines=(DOOR,))


def crossed(lines, positions):
    return [(c.direction, round(c.time / 1e9, 2)) for each in positions for c in lines.see([each])]


def test_who_walks_through_a_door_goes_out_and_in_again(lines, at):
    there = [at(t, 2 + t) for t in np.arange(0, 4, 0.25)]
    back = [at(4 + t, 6 - t) for t in np.arange(0, 4, 0.25)]
    assert crossed(lines, there + back) == [("out", 2), ("in", 6)]


def test_a_crossing_says_who(lines, at):
    lines.see([at(0, 5, person="n1", role="nurse")])
    (crossing,) = lines.see([at(1, 3, person="n1", role="nurse")])
    assert (crossing.site, crossing.line, crossing.identity, crossing.person, crossing.role) == (
        "ward",
        "door",
        "one",
        "n1",
        "nurse",
    )


def test_who_stands_on_the_line_does_not_cross_it(lines, at):
    rng = np.random.default_rng(0)
    assert crossed(lines, [at(t, 3 if t < 1 else 4 + rng.normal(0, 0.05)) for t in np.arange(0, 200, 0.2)]) == []


def test_lingering_in_the_door_is_one_crossing(lines, at):
    rng = np.random.default_rng(0)
    places = [3.0] * 5 + list(4 + rng.normal(0, 0.05, 50)) + [5.0] * 5
    found = crossed(lines, [at(i / 5, x) for i, x in enumerate(places)])
    assert [direction for direction, _ in found] == ["out"]


def test_past_the_end_of_a_line_is_not_through_it(lines, at):
    assert crossed(lines, [at(t, 2 + t, 5.0) for t in range(5)]) == []
    assert crossed(lines, [at(10 + t, 2 + t, 3.9) for t in range(5)]) == [("out", 12)]


def test_who_was_away_comes_back_on_any_side(lines, at):
    assert crossed(lines, [at(0, 3), at(20, 5)]) == []


def test_identities_do_not_mix_and_are_forgotten(lines, at):
    assert crossed(lines, [at(0, 3), at(0.1, 5, identity="two"), at(0.2, 3)]) == []
    for t in range(1, 1000):
        lines.see([at(t, 3, identity=str(t))])
    assert len(lines._people) < 10


@pytest.mark.parametrize(
    "wrong",
    [{"margin": -1}, {"gap_seconds": 0}, {"lines": (Line("dot", (1, 1), (1, 1)),)}, {"lines": (DOOR, DOOR)}],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match=r"expected|another"):
        Lines(**{"site": "ward", "lines": (DOOR,), **wrong})
