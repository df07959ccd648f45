"""What can be replayed, and the windows of a replay."""

from __future__ import annotations

import pytest

from components.contracts import UNKNOWN
from components.dashboard.positions import Positions
from components.dashboard.registry import Registry
from components.dashboard.replay import Replay


@pytest.fixture
def replay(ward):
    return Replay(Registry(ward.database), Positions(ward.storage))


def test_a_finished_run_can_be_replayed(ward, replay):
    ward.track(20)
    answer = replay.runs()
    (run,) = answer.runs
    assert (run.run, run.status, run.site, run.words) == (ward.RUN, "completed", ward.SITE, ["detector=hog"])
    assert (run.start_ms, run.end_ms) == (ward.NOON // 10**6, ward.NOON // 10**6 + 20_000)
    assert (answer.running, answer.failed) == (False, False)


def test_nothing_was_tracked_yet(replay):
    assert replay.runs().runs == []


def test_a_run_at_work_can_be_replayed_as_far_as_it_is_written(ward, replay):
    ward.furnish()
    ward.began()
    assert (replay.runs().runs, replay.runs().running) == ([], True)
    rows = ward.rows(40)
    ward.place(rows)
    ward.write([row for row in rows if row["time"] < ward.at(30)])
    (run,) = replay.runs().runs
    assert (run.run, run.status, run.end_ms - run.start_ms) == (ward.RUN, "running", 29_800)


def test_the_same_run_again_is_listed_once(ward, replay):
    ward.track(5)
    ward.began("flow-run-2", started=ward.NOON + 5)
    ward.ended(ward.rows(5), run="flow-run-2")
    assert len(replay.runs().runs) == 1


def test_a_run_that_failed_early_is_not_listed_but_said(ward, replay):
    ward.began()
    ward.ended([], key="", status="failed")
    assert (replay.runs().runs, replay.runs().failed) == ([], True)


def test_everybody_is_one_trail_and_nobody_two(ward, replay):
    people = 8
    ward.track(20, people=people)
    window = replay.window(ward.RUN, ward.NOON, ward.at(20))
    assert (window.step_ms, window.from_ms, window.to_ms - window.from_ms) == (200, ward.NOON // 10**6, 20_000)
    for moment in range(ward.NOON // 10**6, window.to_ms, 200):
        assert sum(moment in trail.t_ms for trail in window.trails) <= people
    named = [trail.person for trail in window.trails if trail.person != UNKNOWN]
    assert len(named) == len(set(named)) > 3


def test_the_samples_of_a_trail_are_in_order_and_go_together(ward, replay):
    ward.track(20)
    for trail in replay.window(ward.RUN, ward.NOON, ward.at(20)).trails:
        assert trail.t_ms == sorted(set(trail.t_ms))
        assert len(trail.t_ms) == len(trail.x) == len(trail.y) == len(trail.uncertainty) == len(trail.zone)


def test_occupancy_of_a_moment_counts_everybody_once(ward, replay):
    ward.track(20, people=9)
    answer = replay.occupancy(ward.RUN, ward.at(10))
    assert answer.total == sum(zone.total for zone in answer.zones) == 9
    assert [zone.zone for zone in answer.zones] == sorted(ward.ZONES)
    assert 0 < answer.unnamed < 9


def test_the_site_of_a_run_is_the_one_that_it_says(ward, replay):
    rows = ward.rows(5)
    ward.furnish()
    ward.began(site="Ward 9")
    ward.write(rows)
    ward.ended(rows, site="Ward 9")
    assert replay.runs().runs[0].site == "Ward 9"


def test_somebody_whose_name_comes_late_has_it_for_the_whole_window(ward, replay):
    rows = [ward.seen("cam1", 1, i / 5, 1, 1) for i in range(10)]
    rows[7] |= {"person": "nurse-01", "role": "nurse", "confidence": 0.8, "reason": "badge 1 read twice"}
    ward.write(rows)
    (trail,) = replay.window(ward.RUN, ward.NOON, ward.at(5)).trails
    assert (trail.person, trail.role, trail.confidence, trail.reason) == ("nurse-01", "nurse", 0.8, "badge 1 read twice")


def test_footage_whose_time_begins_with_the_epoch_is_footage_all_the_same(ward, replay):
    rows = [{**ward.seen("cam1", 1, 0, 1, 1), "time": i * ward.SECOND // 5} for i in range(50)]
    ward.furnish()
    ward.began()
    ward.write(rows)
    ward.ended(rows)
    (run,) = replay.runs().runs
    assert (run.start_ms, run.end_ms) == (0, 10_000)
    assert len(replay.window(ward.RUN, 0, ward.SECOND).trails[0].t_ms) == 5
    assert replay.occupancy(ward.RUN, 0).total == 1
