"""A fleet is entered whole or not at all, by one at a time, and what it changes is said before."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from components.contracts import Camera
from components.database import fleet
from components.database.database import Database
from components.database.fleet import Change, apply, compare
from components.database.registry import Registry
from components.database.schema import CameraVersion

FLAT = ((0.1, 0.0, 1.0), (0.0, 0.1, 2.0), (0.0, 0.0, 1.0))
TURNED = ((0.2, 0.0, 1.0), (0.0, 0.1, 2.0), (0.0, 0.0, 1.0))
NOW = 1_772_445_600_000_000_000


def cameras(count: int = 3) -> list[Camera]:
    return [Camera(f"cam{i}", f"Room {i}", FLAT) for i in range(count)]


def test_all_of_a_new_fleet_is_entered_and_nothing_the_second_time(database: Database) -> None:
    new = [Change(f"cam{i}", "new") for i in range(3)]
    assert compare(database, "here", cameras(), NOW, kept=()) == new
    assert apply(database, "here", cameras(), NOW, kept=()) == new
    assert apply(database, "here", cameras(), NOW + 5, kept=()) == []
    assert [(v.camera, v.site, v.valid_from, v.valid_until) for v in Registry(database).at(NOW)] == [
        (camera, "here", NOW, None) for camera in cameras()
    ]


def test_what_is_different_is_said_key_by_key_and_becomes_a_new_version(database: Database) -> None:
    apply(database, "here", cameras(), NOW, kept=())
    wanted = [Camera("cam0", "Room 0", TURNED), Camera("cam1", "Hall", FLAT), Camera("cam3", "Room 3", FLAT)]
    changes = apply(database, "here", wanted, NOW + 10, kept=())
    assert changes == [
        Change("cam0", "changed", "homography", FLAT, TURNED),
        Change("cam1", "changed", "location", "Room 1", "Hall"),
        Change("cam2", "gone"),
        Change("cam3", "new"),
    ]
    registry = Registry(database)
    assert [(v.camera.homography, v.valid_from, v.valid_until) for v in registry.versions("cam0")] == [
        (FLAT, NOW, NOW + 10), (TURNED, NOW + 10, None),
    ]  # fmt: skip
    assert [v.valid_until for v in registry.versions("cam2")] == [NOW + 10]
    assert [v.camera.id for v in registry.at(NOW + 10)] == ["cam0", "cam1", "cam3"]


def test_another_sites_cameras_and_those_that_are_switched_off_are_not_gone(database: Database) -> None:
    apply(database, "there", [Camera("other", "Room", FLAT)], NOW, kept=())
    apply(database, "here", cameras(), NOW, kept=())
    assert apply(database, "here", cameras(1), NOW + 1, kept={"cam1"}) == [Change("cam2", "gone")]
    moved = [*cameras(1), Camera("other", "Room", FLAT)]
    assert apply(database, "here", moved, NOW + 2, kept={"cam1"}) == [Change("other", "changed", "site", "there", "here")]


def test_since_a_time_in_the_past_leaves_what_is_known_of_later_times(database: Database) -> None:
    apply(database, "here", [Camera("cam", "A", FLAT)], NOW, kept=())
    apply(database, "here", [Camera("cam", "B", FLAT)], NOW + 100, kept=())
    apply(database, "here", [Camera("cam", "C", FLAT)], NOW + 50, kept=())
    assert [(v.camera.location, v.valid_from - NOW) for v in Registry(database).versions("cam")] == [
        ("A", 0),
        ("C", 50),
        ("B", 100),
    ]


def test_it_is_entered_whole_or_not_at_all(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(database, "here", cameras(1), NOW, kept=())
    entered, real = [], fleet.keep

    def broken(*given):  # type: ignore[no-untyped-def]
        if len(entered) == 2:
            raise RuntimeError("the power is cut")
        entered.append(given)
        return real(*given)

    monkeypatch.setattr(fleet, "keep", broken)
    with pytest.raises(RuntimeError):
        apply(database, "here", [Camera(f"cam{i}", "Hall", FLAT) for i in range(5)], NOW + 5, kept=())
    assert [v.camera for v in Registry(database).at(NOW + 5)] == cameras(1)


def test_many_at_once_enter_it_once(database: Database) -> None:
    found: list[list[Change]] = []
    threads = [
        threading.Thread(target=lambda n: found.append(apply(database, "here", cameras(10), NOW + n, kept=())), args=(n,))
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    with database.session() as session:
        rows = sorted((row.id, row.valid_until) for row in session.scalars(select(CameraVersion)))
    assert rows == [(f"cam{i}", None) for i in range(10)]
