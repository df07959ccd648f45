"""Questions to the database."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from components.contracts import InputError
from components.dashboard.registry import Registry
from components.database.schema import CameraVersion


@pytest.fixture
def registry(ward):
    return Registry(ward.database)


def test_the_plan_of_a_site_has_its_zones_cameras_and_roles(ward, registry):
    ward.furnish()
    plan = registry.plan(ward.SITE)
    assert {zone.name: zone.kind for zone in plan.zones} == {name: zone[0] for name, zone in ward.ZONES.items()}
    assert [camera.id for camera in plan.cameras] == sorted(ward.CAMERAS)
    assert plan.roles == ["cleaner", "doctor", "nurse", "porter"]


def test_an_unknown_site_has_an_empty_plan(registry):
    assert registry.plan("nowhere").zones == []
    assert registry.newest_site() == ""


def test_a_moved_camera_is_in_the_plan_once(ward, registry):
    ward.furnish()
    with ward.database.session() as session:
        first = select(CameraVersion).where(CameraVersion.id == "cam1", CameraVersion.version == "cam1-v1")
        session.scalars(first).one().valid_until = ward.at(1)
        session.add(
            CameraVersion(
                id="cam1",
                version="cam1-v2",
                site="Ward 4",
                location="new",
                homography=[],
                valid_from=ward.at(1),
                valid_until=None,
            )
        )
    assert "cam1" not in [camera.id for camera in registry.plan(ward.SITE).cameras]
    assert registry.newest_site() == "Ward 4"


def test_failed_cameras_come_first_and_silent_ones_are_not_forgotten(ward, registry):
    ward.furnish()
    assert {camera.state for camera in registry.health(ward.SITE).cameras} == {"silent"}
    ward.report(failed="cam3")
    health = registry.health(ward.SITE)
    assert [(camera.camera, camera.state) for camera in health.cameras][:2] == [("cam3", "failed"), ("cam1", "ok")]
    assert health.failed == 1
    assert "connection refused" in health.cameras[0].message
    assert registry.health("another site").cameras == []


def test_a_camera_that_never_made_it_into_the_registry_is_shown_anyway(ward, registry):
    ward.report(failed="cam2")
    assert [camera.camera for camera in registry.health("anywhere").cameras] == ["cam2", "cam1", "cam3", "cam4"]


def test_runs_come_newest_first_with_what_their_summary_says(ward, registry):
    ward.began()
    ward.ended(ward.rows(5))
    ward.began("flow-run-2", started=ward.NOON + 1)
    running, completed = registry.tracked()
    assert (running.status, running.key, running.site, running.start) == ("running", ward.RUN, ward.SITE, 0)
    assert (completed.status, completed.key, completed.start, completed.words) == (
        "completed",
        ward.RUN,
        ward.NOON,
        ("detector=hog",),
    )


def test_positions_are_those_of_one_run_after_one_time(ward, registry):
    ward.place([ward.seen("cam1", 1, 0, 1, 1), ward.seen("cam1", 2, 5, 2, 2)])
    ward.place([ward.seen("cam2", 1, 9, 3, 3)], run="b" * 12, site="Ward 9")
    assert registry.position_runs() == {ward.RUN: (ward.at(5), ward.SITE), "b" * 12: (ward.at(9), "Ward 9")}
    (there,) = registry.positions(ward.RUN, ward.NOON)
    assert (there.identity, there.cameras) == ("cam1-2", ("cam1",))


def test_a_database_that_is_away_is_named(ward, registry):
    ward.lose_database()
    for ask in (registry.newest_site, registry.tracked, registry.position_runs):
        with pytest.raises(InputError, match="database sqlite:///"):
            ask()
    ward.find_database()
    assert registry.tracked() == []
