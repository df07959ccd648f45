import pytest

from components.contracts import InputError, Moment
from components.samplers.keyframes import Keyframes

SECOND = 1_000_000_000


def kept(sampler, count=100):
    return [n for n in range(count) if sampler.keep(Moment("cam", n * SECOND // 25, n % 10 == 3))]


def test_nothing_but_keyframes():
    assert kept(Keyframes()) == list(range(3, 100, 10))


def test_not_too_close_to_each_other():
    assert kept(Keyframes(seconds=0.7)) == [3, 23, 43, 63, 83]


@pytest.mark.parametrize("seconds", [-1, float("nan"), 1e9])
def test_an_impossible_pace_is_refused(seconds):
    with pytest.raises(InputError, match=r"seconds is .*expected 0 to 86400"):
        Keyframes(seconds=seconds)
