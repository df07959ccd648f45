from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from components.sources.floorplan import CORRIDOR_SPOTS, FURNITURE, OUTSIDE, ROOMS, WALLS
from components.sources.routes import HEADING, PACED, REACH, SPEED, TICK, X, Y, longest, timetable

SPOTS = [*(spot for room in ROOMS for spot in room.spots), *CORRIDOR_SPOTS, OUTSIDE]
SOLID = np.array([[*block.low[:2], *block.high[:2]] for block in (*WALLS, *FURNITURE) if block.low[2] < 1.9])


def test_every_way_ends_where_it_should_in_time_and_goes_around_everything() -> None:
    for origin, target in product(SPOTS, SPOTS):
        table = timetable(origin, target, 2.0, 1.0, longest() + 4.0)
        assert table[0, [X, Y]] == pytest.approx([origin.x, origin.y])
        assert table[-1, [X, Y]] == pytest.approx([target.x, target.y])
        assert table[-1, SPEED] == 0
        x, y = table[:, X, None], table[:, Y, None]
        hit = (x > SOLID[:, 0]) & (x < SOLID[:, 2]) & (y > SOLID[:, 1]) & (y < SOLID[:, 3])
        assert not hit.any(), (origin, target)


def test_nobody_jumps_and_speed_is_what_the_steps_say() -> None:
    table = timetable(SPOTS[0], SPOTS[-1], 2.0, 1.3, 40.0)
    steps = np.hypot(*np.diff(table[:, [X, Y]], axis=0).T)
    assert steps.max() <= 1.3 * TICK * 1.02
    assert np.diff(table[:, PACED]) == pytest.approx((table[1:, SPEED] + table[:-1, SPEED]) / 2 * TICK, abs=0.01)


def test_people_look_where_they_go_and_at_what_they_came_for() -> None:
    origin, target = SPOTS[0], SPOTS[20]
    table = timetable(origin, target, 2.0, 1.2, 40.0)
    assert np.cos(table[0, HEADING] - origin.facing) == pytest.approx(1.0)
    assert np.cos(table[-1, HEADING] - target.facing) == pytest.approx(1.0)
    assert np.abs(np.diff(table[:, HEADING])).max() < np.pi / 2
    fast = table[:, SPEED] > 1.1
    way = np.arctan2(*np.gradient(table[:, [Y, X]], axis=0)[fast].T)
    assert np.median(np.cos(table[fast, HEADING] - way)) > 0.99
    assert table[-1, REACH] == pytest.approx(target.reach)


def test_staying_is_a_way_too() -> None:
    table = timetable(SPOTS[3], SPOTS[3], 2.0, 1.2, 20.0)
    assert np.ptp(table[:, [X, Y]], axis=0).max() == 0
    assert table[:, SPEED].max() == 0
