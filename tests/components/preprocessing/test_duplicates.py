import numpy as np
import pytest

from components.contracts import Frame, InputError, Rejected
from components.preprocessing.duplicates import Duplicate

SECOND = 10**9


def test_what_shows_nothing_new_is_turned_away_until_its_time(picture, frame_of):
    gate, noise = Duplicate(seconds=4.0), np.random.default_rng(0)
    kept = []
    for i in range(10):
        image = np.clip(picture + noise.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
        kept.append(isinstance(gate(frame_of(image, time=i * SECOND)), Frame))
    assert kept == [i in (0, 4, 8) for i in range(10)]


def test_somebody_who_takes_a_step_is_something_new(picture, frame_of):
    gate = Duplicate()
    gate(frame_of(picture))
    for i in range(1, 5):
        moved = picture.copy()
        moved[60:100, 20 * i : 20 * i + 14] = 20
        assert isinstance(gate(frame_of(moved, time=i * SECOND)), Frame)
    assert gate(frame_of(moved, time=5 * SECOND)) == Rejected("duplicate")


def test_it_compares_with_what_was_kept_not_with_what_came_last(picture, frame_of):
    """A light that rises too slowly to be seen from one frame to the next."""
    gate = Duplicate(change=4.0, seconds=0.0)
    kept = [
        isinstance(gate(frame_of(np.clip(picture.astype(int) + i, 0, 255).astype(np.uint8), time=i)), Frame) for i in range(9)
    ]
    assert kept == [i in (0, 4, 8) for i in range(9)]


@pytest.mark.parametrize("wrong", [{"change": 0.0}, {"seconds": -1.0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        Duplicate(**wrong)
