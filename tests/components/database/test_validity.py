from __future__ import annotations

import random
from itertools import pairwise

import pytest

from components.contracts import InputError
from components.database.validity import Period, at, enter, without

AB = [Period("a", 0, 100), Period("b", 100)]


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        ([], ("a", 5), [("a", 5, None)]),
        (AB, ("b", 150), [("a", 0, 100), ("b", 100, None)]),
        (AB, ("c", 150), [("a", 0, 100), ("b", 100, 150), ("c", 150, None)]),
        (AB, ("c", 50), [("a", 0, 50), ("c", 50, 100), ("b", 100, None)]),
        (AB, ("c", 50, 70), [("a", 0, 50), ("c", 50, 70), ("a", 70, 100), ("b", 100, None)]),
        (AB, ("c", 50, 170), [("a", 0, 50), ("c", 50, 170), ("b", 170, None)]),
        (AB, ("a", -9), [("a", -9, 100), ("b", 100, None)]),
        (AB, ("b", 60), [("a", 0, 60), ("b", 60, None)]),
        (AB, ("a", 100), [("a", 0, None)]),
        (AB, ("c", 100), [("a", 0, 100), ("c", 100, None)]),
        ([Period("a", 0, 100), Period("b", 200)], ("c", 150), [("a", 0, 100), ("c", 150, 200), ("b", 200, None)]),
        ([Period("a", 0, 100)], ("b", 50), [("a", 0, 50), ("b", 50, 100)]),
        ([Period("a", 0, 100)], ("a", 100), [("a", 0, None)]),
    ],
)
def test_entering(before: list[Period[str]], said: tuple, after: list[tuple]) -> None:
    assert enter(before, *said) == [Period(*period) for period in after]


def test_an_end_before_the_beginning() -> None:
    with pytest.raises(InputError, match="expected an end after the beginning"):
        enter(AB, "c", 5, 5)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_entered_each_moment_has_what_was_said_of_it_last(seed: int) -> None:
    """Against the plainest model that there is: one cell per moment."""
    chance, periods, cells = random.Random(seed), list[Period[str]](), [None] * 40
    for _ in range(30):
        start = chance.randrange(39)
        end = chance.randrange(start + 1, 40)
        if chance.random() < 0.3:
            periods, value = without(periods, start, end), None
        else:
            value = chance.choice("abc")
            periods = enter(periods, value, start, end)
        cells[start:end] = [value] * (end - start)
        found = [at(periods, moment) for moment in range(40)]
        assert [period.value if period else None for period in found] == cells
        for one, two in pairwise(periods):
            assert one.end is not None and (one.end < two.start or (one.end == two.start and one.value != two.value))
