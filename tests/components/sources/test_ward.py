from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from components.contracts import InputError, Person
from components.sources.floorplan import FURNITURE, LOBBY, OUTSIDE, WALLS
from components.sources.ward import HOUR, SECOND, Moment, Ward, turned

FLEET = Path(__file__).resolve().parents[3] / "conf" / "fleet" / "simulated_ward.yaml"
MORNING = 1_772_445_600 * SECOND  # 2026-03-02T10:00:00+00:00
SOLID = np.array([[*block.low[:2], *block.high[:2]] for block in (*WALLS, *FURNITURE) if block.low[2] < 1.9])
NURSE = Person("n", "nurse", "Bay A", "07:00-19:00", 1)
PROGRAM = """
import sys
from components.contracts import Person
from components.sources.ward import Ward
moment = Ward(5, staff=(Person("n", "nurse", "Bay A", "07:00-19:00", 1),), visitors=2).at(int(sys.argv[1]))
print(moment.floor.tobytes().hex(), moment.heading.tobytes().hex())
"""


def _same(one: Moment, other: Moment) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in Moment.__slots__)


def test_random_access_equals_walking_through_time(ward: Ward) -> None:
    times = [MORNING + n * 7 * SECOND // 3 for n in range(60)]
    forwards = {time: ward.at(time) for time in times}
    fresh = Ward(ward.seed, staff=ward.staff, visitors=ward.visitors)
    assert all(_same(fresh.at(time), forwards[time]) for time in reversed(times))


def test_another_process_sees_the_same_people() -> None:
    moment = Ward(5, staff=(NURSE,), visitors=2).at(MORNING + 12345)
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(MORNING + 12345)], cwd=root, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == [moment.floor.tobytes().hex(), moment.heading.tobytes().hex()]


def test_another_seed_is_another_world(ward: Ward) -> None:
    assert not _same(ward.at(MORNING), Ward(ward.seed + 1, staff=ward.staff, visitors=ward.visitors).at(MORNING))


def test_nobody_walks_through_walls_or_furniture_or_faster_than_people_do(ward: Ward) -> None:
    before: dict[int, np.ndarray] = {}
    for tick in range(3000):  # ten minutes in steps of 0.2 s
        moment = ward.at(MORNING + tick * SECOND // 5)
        x, y = moment.floor[:, :1], moment.floor[:, 1:]
        assert not ((x > SOLID[:, 0]) & (x < SOLID[:, 2]) & (y > SOLID[:, 1]) & (y < SOLID[:, 3])).any()
        now = dict(zip(moment.actors.tolist(), moment.floor, strict=True))
        assert all(np.hypot(*(now[actor] - before[actor])) < 0.36 for actor in now.keys() & before.keys())
        before = now


def test_people_are_there_during_their_shift_and_outside_of_it_they_are_not(ward: Ward) -> None:
    seen: dict[str, set[int]] = {actor.id: set() for actor in ward.actors}
    for quarter in range(96):
        for number in ward.at(MORNING + quarter * HOUR // 4).actors:
            seen[ward.actors[number].id].add(int(ward.hour(MORNING + quarter * HOUR // 4)))
    assert seen["nurse_1"] <= set(range(7, 20)) and len(seen["nurse_1"]) >= 12
    assert seen["nurse_5"] <= {*range(19, 24), *range(8)} and {23, 0, 3} <= seen["nurse_5"]
    assert seen["visitor_1"] <= set(range(10, 21))


def test_about_a_dozen_by_day_and_few_by_night(ward: Ward) -> None:
    assert 10 <= np.mean([len(ward.at(MORNING + minute * 60 * SECOND).actors) for minute in range(30)]) <= 14
    assert 2 <= len(ward.at(MORNING + 17 * HOUR).actors) <= 4


def test_people_move_and_pause(ward: Ward) -> None:
    speeds = np.concatenate([ward.at(MORNING + n * SECOND).speed for n in range(120)])
    assert 0.2 < (speeds > 0.3).mean() < 0.7
    assert 0.8 < np.percentile(speeds[speeds > 0.3], 90) < 1.7


def test_local_time_shifts_the_day() -> None:
    there = Ward(1, staff=(NURSE,), visitors=0, utc_offset=-5.0)
    assert there.hour(MORNING) == pytest.approx(5.0)
    assert len(there.at(MORNING).actors) == 0


@pytest.mark.parametrize(("change", "said"), [({"role": "pilot"}, "nurse, doctor"), ({"shift": "always"}, "07:00-19:00")])
def test_a_roster_that_makes_no_sense_is_refused(change: dict[str, Any], said: str) -> None:
    person = replace(NURSE, **change)
    with pytest.raises(InputError, match=said):
        Ward(1, staff=(person,))


@pytest.fixture(scope="module")
def two_wings() -> Ward:
    fleet = yaml.safe_load((FLEET.parent / "two_wings.yaml").read_text())
    return Ward(1, staff=tuple(Person(**person) for person in fleet["staff"]), **fleet["every_camera"]["ward"])


@pytest.fixture(scope="module")
def ten_minutes(two_wings: Ward) -> list[dict[int, list[tuple[int, np.ndarray]]]]:
    """Every 0.6 s: person -> wings and places there."""
    walk = []
    for tick in range(1000):
        now: dict[int, list[tuple[int, np.ndarray]]] = {}
        for wing in (0, 1):
            moment = two_wings.at(MORNING + tick * SECOND * 3 // 5, wing)
            for actor, floor in zip(moment.actors.tolist(), moment.floor, strict=True):
                now.setdefault(actor, []).append((wing, floor))
        walk.append(now)
    return walk


def test_nobody_is_in_both_wings_at_once(two_wings: Ward, ten_minutes: Any) -> None:
    assert len(two_wings.actors) == 30 and max(map(len, ten_minutes)) >= 25
    assert {len(there) for now in ten_minutes for there in now.values()} == {1}
    first, second = ({actor for now in ten_minutes for actor, [(at, _)] in now.items() if at == wing} for wing in (0, 1))
    assert len(first & second) >= 3, "people change wings"


def test_people_come_go_and_change_wings_in_the_lobby_only(ten_minutes: Any) -> None:
    changes = 0
    for before, now in pairwise(ten_minutes):
        for actor in before.keys() | now.keys():
            (old,), (new,) = before.get(actor, [None]), now.get(actor, [None])
            if old is None or new is None or old[0] != new[0]:
                assert all(state is None or np.hypot(*(state[1] - (OUTSIDE.x, OUTSIDE.y))) < 1.2 for state in (old, new))
                changes += old is not None and new is not None
    assert changes >= 3


def test_a_ward_of_one_wing_is_what_it_always_was(ward: Ward) -> None:
    assert "wings" not in ward.spec and ward.wings == 1
    assert len(ward.at(MORNING, 1).actors) == 0


def test_turning_a_place_twice_is_the_place() -> None:
    assert turned(*turned(3.5, 2.25)) == (3.5, 2.25)
    assert turned((LOBBY[2][0] + LOBBY[2][1]) / 2, (LOBBY[3][0] + LOBBY[3][1]) / 2) == (19.5, 7.0)
