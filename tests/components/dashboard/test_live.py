"""Who is where at the newest moment that was written."""

from __future__ import annotations

import pytest

from components.dashboard.live import Present, live
from components.dashboard.registry import Registry


@pytest.fixture
def present(ward):
    return Present(Registry(ward.database))


def test_nothing_was_ever_written(present):
    assert present.newest() is None
    answer = live(None, [])
    assert (answer.at_ms, answer.marks, answer.running) == (0, [], False)
    assert present.occupancy().total == 0


def test_the_run_at_work_is_followed_before_older_ones(ward, present):
    ward.track(5)
    ward.began("flow-run-2", started=ward.NOON + 5, key="b" * 12, site="Ward 9")
    ward.place([ward.seen("other", 1, -9000, 1, 1)], run="b" * 12, site="Ward 9")
    newest = present.newest()
    assert (newest.run, newest.running, newest.time, newest.site) == ("b" * 12, True, ward.at(-9000), "Ward 9")


def test_after_the_run_its_last_positions_stay(ward, present):
    rows = ward.track(5, people=7)
    newest = present.newest()
    assert (newest.run, newest.running, newest.site) == (ward.RUN, False, ward.SITE)
    answer = live(newest, present.fresh(newest))
    assert answer.at_ms == max(row["time"] for row in rows) // 10**6
    assert len(answer.marks) == 7
    assert {mark.reason for mark in answer.marks if mark.person != "unknown"} == {"badge 7 read 4 times"}


def test_a_run_that_has_not_seen_anybody_shows_nobody_instead_of_those_of_before(ward, present):
    ward.track(5)
    ward.began("flow-run-2", started=ward.NOON + 5, key="b" * 12)
    newest = present.newest()
    assert (newest.run, newest.running, newest.time, present.fresh(newest)) == ("b" * 12, True, 0, [])
    assert (live(newest, []).running, present.occupancy().total) == (True, 0)


def test_positions_whose_run_nobody_knows_are_shown_all_the_same(ward, present):
    ward.place([ward.seen("cam1", 1, 0, 1, 1)], site="Ward 9")
    assert (present.newest().running, present.newest().site) == (False, "Ward 9")


def test_who_was_not_seen_for_two_seconds_is_gone(ward, present):
    ward.place([ward.seen("cam1", 1, 0, 1, 1), ward.seen("cam1", 2, 1, 5, 1), ward.seen("cam1", 3, 2.5, 9, 1)])
    assert [at.identity for at in present.fresh(present.newest())] == ["cam1-2", "cam1-3"]


def test_occupancy_now_is_that_of_the_marks(ward, present):
    rows = ward.track(5, people=7)
    answer = present.occupancy()
    assert (answer.run, answer.total) == (ward.RUN, 7)
    assert {zone.zone for zone in answer.zones} >= {row["zone"] for row in rows} - {"unknown"}
