import pytest

from components.contracts import InputError
from components.trackers.clock import Clock, check

SECOND = 10**9


def test_it_counts_seconds_from_the_first_frame():
    clock = Clock()
    assert [clock.tick(7 * SECOND), clock.tick(8 * SECOND), clock.tick(11 * SECOND)] == [0, 1, 4]


def test_it_never_goes_back_and_goes_on_from_there():
    clock = Clock()
    ticks = [clock.tick(time * SECOND) for time in (10, 11, 11, 5, 6)]
    assert ticks == pytest.approx([0, 1, 1.001, 1.002, 2.002])


def test_settings_are_all_checked_at_once():
    with pytest.raises(InputError) as error:
        check("x", {"high": 1.5, "low": 0.1}, lost_seconds=0, motion_seconds=-2, counts={"hits": 0})
    assert str(error.value) == (
        "tracker x: high 1.5, expected 0 to 1; lost_seconds 0, expected more than 0; motion_seconds -2, expected more than 0; "
        "hits 0, expected at least 1"
    )
