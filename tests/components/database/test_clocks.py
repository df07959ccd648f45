"""What is known of the cameras' clocks is told to everybody."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from components.clocks import own
from components.clocks.clock import Clock
from components.database.clocks import Reading, common, counted, doubts, known, of, reading, report
from components.database.database import Database

SECOND = 10**9
NOW = 1_800_000_000 * SECOND


@pytest.fixture
def database(tmp_path) -> Database:
    return Database(f"sqlite:///{tmp_path}/ward.db")


def _reading(camera: str, offset: int | None, *, way="stream", measured: int = NOW, step: int | None = None) -> Reading:
    unsure = None if offset is None else SECOND // 50
    return Reading(camera, "right", "so it is", offset, None, unsure, NOW, measured, way, step)


def test_a_clock_that_steps_is_read_with_its_step():
    clock, begin = Clock(latency=0.1), own.now() - 120 * SECOND
    for number in range(120):
        ahead = 3 * SECOND if number >= 60 else 0
        clock.see(begin + number * SECOND, begin + number * SECOND + ahead - SECOND // 10)
    found = reading("hall", clock, 0.5)
    assert (found.camera, found.state, found.way) == ("hall", "fault", "stream")
    assert found.offset == pytest.approx(3 * SECOND, abs=1e6) and found.step == pytest.approx(3 * SECOND, abs=1e6)
    assert found.uncertainty > SECOND // 20, "half of what the latency may be wrong by"
    assert abs(found.since - begin - 60 * SECOND) <= 6 * SECOND


def test_a_camera_that_says_no_time_has_a_reading_and_footage_has_none():
    source = SimpleNamespace(camera=SimpleNamespace(id="hall"), clock=Clock(), clock_error=0.5)
    (found,) = of([source, SimpleNamespace()])
    assert (found.state, found.offset, found.told) == ("silent", None, None)


def test_what_is_reported_is_known_and_replaces_what_was_known_in_that_way(database):
    ways = [_reading("hall", 5), _reading("hall", 7, way="device", step=-3), _reading("desk", None)]
    report(database, "r1", ways)
    report(database, "r2", [_reading("hall", 9, step=4)])
    assert known(database) == [_reading("desk", None), _reading("hall", 9, step=4), _reading("hall", 7, way="device", step=-3)]


def test_the_surest_way_counts_and_contradictions_are_said():
    old = _reading("hall", 5 * SECOND, way="device", measured=NOW - 86_400 * SECOND)
    new = _reading("hall", 0)
    assert counted([old, new, _reading("hall", 1, way="flash"), _reading("desk", None)], NOW) == {"hall": new}
    assert doubts([old, new], NOW) == {}, "a day ago it may have been so"
    assert "cannot both be right" in doubts([_reading("hall", 5 * SECOND, way="device"), new], NOW)["hall"]


def test_what_several_cameras_have_in_common_is_said():
    step = 3 * SECOND
    there = [_reading("hall", step, step=step), _reading("ward", step, step=step), _reading("desk", None), _reading("door", 0)]
    (said,) = common(there)
    assert said.startswith("hall, ward stepped together by +3.0 s")
