"""Who is where at the newest moment that was written."""

from __future__ import annotations

import pytest

from components.dashboard.live import Positions, live
from components.dashboard.marks import Continuity
from components.dashboard.registry import Registry
from components.database.schema import CameraVersion, RunRow, ZoneRow


@pytest.fixture
def positions(ward):
    return Positions(Registry(ward.database))


def test_nothing_was_ever_written(positions):
    assert positions.newest() is None
    answer = live(None, [], Continuity())
    assert (answer.at_ms, answer.marks, answer.running) == (0, [], False)
    assert positions.occupancy().total == 0


def test_the_run_at_work_is_followed_before_older_ones(ward, positions):
    ward.track(5)
    ward.began("flow-run-2", started=ward.NOON + 5)
    ward.place([ward.seen("other", 1, -9000, 1, 1)], run="b" * 12)
    newest = positions.newest()
    assert (newest.run, newest.running, newest.time) == ("b" * 12, True, ward.at(-9000))


def test_after_the_run_its_last_positions_stay(ward, positions):
    rows = ward.track(5, people=7)
    newest = positions.newest()
    assert (newest.run, newest.running, newest.site) == (ward.RUN, False, ward.SITE)
    answer = live(newest, positions.fresh(newest), Continuity())
    assert answer.at_ms == max(row["time"] for row in rows) // 10**6
    assert len(answer.marks) == 7


def test_a_run_says_its_site_before_its_cameras_are_registered(ward, positions):
    ward.furnish()
    ward.began()
    ward.place([ward.seen("brand-new", 1, 0, 1, 1)])
    assert positions.newest().site == ward.SITE
    with ward.database.session() as session:
        session.get_one(RunRow, "flow-run-1").summary = {"run_key": ward.RUN, "site": "Ward 9"}
    assert positions.newest().site == "Ward 9"


def test_a_run_that_has_not_seen_anybody_shows_nobody_instead_of_those_of_before(ward, positions):
    ward.track(5)
    ward.began("flow-run-2", started=ward.NOON + 5)
    newest = positions.newest()
    assert (newest.run, newest.running, positions.fresh(newest)) == ("", True, [])
    assert (live(newest, [], Continuity()).running, positions.occupancy().total) == (True, 0)


def test_the_site_of_a_run_with_new_cameras_is_told_by_the_zones_that_people_are_in(ward, positions):
    ward.furnish()
    with ward.database.session() as session:
        session.add(
            CameraVersion(
                id="film", version="1", site="Video", location="", homography=[], valid_from=ward.at(99), valid_until=None
            )
        )
        session.add(ZoneRow(site="Video", name="Street", kind="street", polygon=[]))
    ward.began()
    ward.place([ward.seen("brand-new", 1, 0, 1, 1), ward.seen("brand-new", 2, 0, 8, 6)])
    assert positions.newest().site == ward.SITE


def test_who_was_not_seen_for_two_seconds_is_gone(ward, positions):
    ward.place([ward.seen("cam1", 1, 0, 1, 1), ward.seen("cam1", 2, 1, 5, 1), ward.seen("cam1", 3, 2.5, 9, 1)])
    assert [seen.track for seen in positions.fresh(positions.newest())] == [2, 3]


def test_somebody_who_walks_out_of_one_view_into_another_leaves_no_ghost(ward, positions):
    continuity, found = Continuity(), []
    for tenth in range(0, 40, 2):
        x = tenth * 0.12
        rows = [ward.seen(camera, 1, tenth / 10, x, 1.0) for camera, end in (("cam1", 2.0), ("cam2", 99)) if x < end]
        ward.place([row for row in rows if row["camera"] == "cam1" or x > 1.0])
        newest = positions.newest()
        found.append(live(newest, positions.fresh(newest), continuity).marks)
    assert {len(marks) for marks in found} == {1}
    assert {marks[0].id for marks in found} == {"track/cam1/1"}


def test_occupancy_now_is_that_of_the_marks(ward, positions):
    ward.track(5, people=7)
    answer = positions.occupancy()
    assert (answer.run, answer.total) == (ward.RUN, 7)
    assert {zone.zone for zone in answer.zones} >= {row["zone"] for row in ward.rows(5, people=7)} - {"unknown"}
