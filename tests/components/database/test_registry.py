from __future__ import annotations

from sqlalchemy import select

from components.contracts import Camera, Person, Zone
from components.database.database import Database
from components.database.registry import Registry
from components.database.schema import CameraVersion, StaffMember, ZoneRow

HERE = Camera("cam", "Corridor", ((0.1, 0.0, 1.0), (0.0, 0.1, 2.0), (0.0, 0.0, 1.0)))
MOVED = Camera("cam", "Corridor", ((0.2, 0.0, 1.0), (0.0, 0.1, 2.0), (0.0, 0.0, 1.0)))
TEN = 1_772_445_600_000_000_000  # more than 32 bits
WARD = ((0.0, 0.0), (4.0, 0.0), (4.0, 3.5))


def _validity(database: Database) -> dict[str, tuple[int, int | None]]:
    with database.session() as session:
        return {row.version: (row.valid_from, row.valid_until) for row in session.scalars(select(CameraVersion))}


def test_a_camera_is_entered_once(database: Database) -> None:
    registry = Registry(database)
    assert registry.add_camera(HERE, "north", TEN)
    assert not registry.add_camera(HERE, "north", TEN + 5)
    assert _validity(database) == {HERE.version: (TEN, None)}
    with database.session() as session:
        row = session.scalars(select(CameraVersion)).one()
        assert (row.id, row.site, row.location) == ("cam", "north", "Corridor")
        assert tuple(map(tuple, row.homography)) == HERE.homography


def test_footage_from_before_widens_the_validity(database: Database) -> None:
    registry = Registry(database)
    registry.add_camera(HERE, "north", TEN)
    assert not registry.add_camera(HERE, "north", TEN - 7)
    assert _validity(database) == {HERE.version: (TEN - 7, None)}


def test_a_moved_camera_ends_the_version_before(database: Database) -> None:
    registry = Registry(database)
    registry.add_camera(HERE, "north", TEN)
    assert registry.add_camera(MOVED, "north", TEN + 100)
    assert _validity(database) == {HERE.version: (TEN, TEN + 100), MOVED.version: (TEN + 100, None)}


def test_a_camera_that_is_moved_back_is_valid_again(database: Database) -> None:
    registry = Registry(database)
    for camera, moment in ((HERE, TEN), (MOVED, TEN + 100), (HERE, TEN + 200)):
        assert registry.add_camera(camera, "north", moment)
    assert _validity(database) == {HERE.version: (TEN + 200, None), MOVED.version: (TEN + 100, TEN + 200)}


def test_cameras_do_not_end_each_other(database: Database) -> None:
    registry, other = Registry(database), Camera("two", "Corridor", HERE.homography)
    registry.add_camera(HERE, "north", TEN)
    registry.add_camera(other, "north", TEN + 1)
    assert _validity(database) == {HERE.version: (TEN, None), other.version: (TEN + 1, None)}


def test_the_floor_of_a_site_is_replaced_and_no_other(database: Database) -> None:
    registry = Registry(database)
    registry.set_floor("north", [Zone("a", "room", WARD), Zone("b", "room", WARD)])
    registry.set_floor("south", [Zone("a", "desk", WARD)])
    registry.set_floor("north", [Zone("c", "corridor", WARD)])
    with database.session() as session:
        rows = {(row.site, row.name, row.kind): row.polygon for row in session.scalars(select(ZoneRow))}
    assert set(rows) == {("south", "a", "desk"), ("north", "c", "corridor")}
    assert rows["north", "c", "corridor"] == [list(corner) for corner in WARD]


def test_the_roster_is_added_to_and_corrected(database: Database) -> None:
    registry = Registry(database)
    registry.set_staff([Person("ann", "nurse", "icu", "07:00-19:00", 3), Person("bob", "doctor", "icu", "19:00-07:00", 4)])
    registry.set_staff([Person("ann", "doctor", "icu", "07:00-19:00", 5)])
    with database.session() as session:
        assert {(row.id, row.role, row.badge) for row in session.scalars(select(StaffMember))} == {
            ("ann", "doctor", 5), ("bob", "doctor", 4),
        }  # fmt: skip
