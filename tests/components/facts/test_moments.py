from __future__ import annotations

from components.contracts import Position
from components.facts.moments import moments

STEP = 200_000_000  # ns


def _position(time: int) -> Position:
    return Position(time, "i", "unknown", "unknown", 0.0, 0, 0, 0.1, "z", (), (), "")


def test_moments_without_people_are_there_too() -> None:
    positions = [_position(2 * STEP), _position(2 * STEP), _position(4 * STEP + 7)]
    told = [(time, len(people)) for time, people in moments(positions, start=STEP, end=6 * STEP)]
    assert told == [(STEP, 0), (2 * STEP, 2), (3 * STEP, 0), (4 * STEP + 7, 1), (5 * STEP + 7, 0)]


def test_a_run_that_saw_nobody_watched_all_the_same() -> None:
    assert [time for time, _ in moments([], start=STEP, end=4 * STEP)] == [STEP, 2 * STEP, 3 * STEP]
    assert list(moments([])) == []


def test_a_run_may_begin_at_time_0() -> None:
    assert [time for time, _ in moments([], start=0, end=2 * STEP)] == [0, STEP]
    assert [time for time, _ in moments([_position(2 * STEP)], start=0, end=3 * STEP)] == [0, STEP, 2 * STEP]
