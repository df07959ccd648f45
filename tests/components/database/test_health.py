from __future__ import annotations

import pytest
from sqlalchemy import select

from components.database.database import Database
from components.database.health import Report, report
from components.database.schema import CameraHealth

SECOND = 1_000_000_000


def _rows(database: Database) -> dict[str, tuple[str, str, str, int]]:
    with database.session() as session:
        return {row.camera: (row.run, row.state, row.message, row.frames) for row in session.scalars(select(CameraHealth))}


@pytest.mark.parametrize(
    ("frames", "rejected", "span", "fps"), [(11, 0, 2, 5.0), (6, 5, 2, 5.0), (1, 0, 0, 0.0), (0, 0, 0, 0.0), (2, 0, 4, 0.25)]
)
def test_the_rate_counts_intervals_of_fleet_time(frames: int, rejected: int, span: int, fps: float) -> None:
    assert Report("cam", frames, rejected, 7 * SECOND, (7 + span) * SECOND, "").fps == fps


def test_a_camera_with_a_problem_has_failed(database: Database) -> None:
    report(database, "r1", [Report("cam", 3, 1, 0, SECOND, ""), Report("two", 1, 0, 0, 0, "two.mkv is cut off")])
    assert _rows(database) == {"cam": ("r1", "ok", "", 3), "two": ("r1", "failed", "two.mkv is cut off", 1)}
    with database.session() as session:
        row = session.get_one(CameraHealth, "cam")
        assert (row.rejected, row.last_frame, row.fps) == (1, SECOND, 3.0)


def test_a_report_replaces_that_of_its_own_cameras(database: Database) -> None:
    report(database, "r1", [Report("cam", 3, 0, 0, SECOND, "broken"), Report("two", 1, 0, 0, 0, "")])
    report(database, "r2", [Report("cam", 9, 0, 0, SECOND, "")])
    assert _rows(database) == {"cam": ("r2", "ok", "", 9), "two": ("r1", "ok", "", 1)}


def test_a_long_problem_does_not_lose_the_report(database: Database) -> None:
    report(database, "r1", [Report("cam", 3, 0, 0, SECOND, "x" * 2000)])
    assert _rows(database)["cam"][2] == "x" * 2000


def test_a_live_camera_can_be_silent_and_has_the_rate_of_now(database: Database) -> None:
    report(database, "r1", [Report("cam", 300, 0, 0, 60 * SECOND, "", dropped=7, silent=9.4, lately=0.0)])
    with database.session() as session:
        row = session.get_one(CameraHealth, "cam")
        assert (row.state, row.message, row.dropped, row.fps) == ("silent", "no picture for 9 s", 7, 0.0)
    assert Report("cam", 1, 0, 0, 0, "broken", silent=9.4).state == "failed"
