from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import delete, insert, select

from components.contracts import UNKNOWN, InputError, Position
from components.database.database import Database
from components.database.positions import latest_sightings, replacing
from components.database.schema import LatestSighting, PositionRow

NOW = 1_772_452_800_000_000_000
SECOND = 1_000_000_000
THERE = Position(NOW, "1", "nurse_1", "nurse", 0.9, 1.5, 2.5, 0.25, "desk", ("a", "b"), ("a/1", "b/7"), "a: badge read")


def _rows(database: Database) -> set[tuple[str, str, str]]:
    with database.session() as session:
        return {(row.site, row.run, row.identity) for row in session.scalars(select(PositionRow))}


def _enter(database: Database, run: str, track: int, time: int, camera: str = "a", feature: bytes = b"") -> None:
    row = {
        "camera": camera, "track": track, "run": run, "time": time, "person": UNKNOWN, "role": "nurse", "confidence": 0.0,
        "x": 1.5, "y": 2.5, "uncertainty": 0.25, "zone": "desk", "box": [1.0, 2.0, 3.0, 4.5], "reason": "why", "feature": feature,
    }  # fmt: skip
    with database.session() as session:
        session.execute(insert(LatestSighting), [row])


def test_everything_about_a_position_is_there(database: Database) -> None:
    database.apply(replacing("r1", "ward", [THERE]))
    with database.session() as session:
        (row,) = session.scalars(select(PositionRow)).all()
        assert (row.run, row.site, row.cameras) == ("r1", "ward", ["a", "b"])
        names = ("identity", "time", "person", "role", "confidence", "x", "y", "uncertainty", "zone", "reason")
        assert [getattr(row, name) for name in names] == [getattr(THERE, name) for name in names]


def test_the_newest_positions_of_a_site_are_all_of_them_and_other_sites_keep_theirs(database: Database) -> None:
    database.apply(replacing("r1", "ward", [THERE, replace(THERE, identity="2")]))
    database.apply(replacing("r9", "annex", [THERE]))
    database.apply(replacing("r2", "ward", [replace(THERE, identity="2"), replace(THERE, identity="3")]))
    assert _rows(database) == {("ward", "r2", "2"), ("ward", "r2", "3"), ("annex", "r9", "1")}
    for _ in range(2):
        database.apply(replacing("r2", "ward", []))
    assert _rows(database) == {("annex", "r9", "1")}


def test_a_change_that_fails_leaves_what_was_there(database: Database) -> None:
    database.apply(replacing("r1", "ward", [THERE]))
    with pytest.raises(InputError):
        database.apply(replacing("r2", "ward", [THERE, THERE]))  # one identity cannot be at two places
    assert _rows(database) == {("ward", "r1", "1")}


def test_a_long_reason_is_cut_rather_than_refused(database: Database) -> None:
    database.apply(replacing("r1", "ward", [replace(THERE, reason="because " * 500)]))
    assert _rows(database) == {("ward", "r1", "1")}


def test_the_newest_sightings_of_a_run_come_in_order_of_time_as_far_as_they_are_new(database: Database) -> None:
    feature = np.array([0.6, 0.8, 0.0], np.float32)
    _enter(database, "r1", 2, NOW + SECOND, feature=feature.astype("<f2").tobytes())
    _enter(database, "r1", 1, NOW, "b")
    _enter(database, "r1", 3, NOW - SECOND)
    _enter(database, "r2", 4, NOW + SECOND)
    found = latest_sightings(database, "r1", NOW - SECOND)
    assert [(seen.camera, seen.track, seen.time) for seen in found] == [("b", 1, NOW), ("a", 2, NOW + SECOND)]
    one, other = found
    assert one.feature.shape == (0,) and np.allclose(other.feature, feature, atol=0.001) and other.feature.dtype == np.float32
    assert (other.person, other.role, other.x, other.y, other.uncertainty, other.zone) == (
        UNKNOWN,
        "nurse",
        1.5,
        2.5,
        0.25,
        "desk",
    )
    assert other.box == (1.0, 2.0, 3.0, 4.5) and other.reason == "why"
    assert latest_sightings(database, "nobody", 0) == []
    with database.session() as session:
        session.execute(delete(LatestSighting))
    assert latest_sightings(database, "r1", 0) == []
