from __future__ import annotations

import threading
from itertools import pairwise

from sqlalchemy import select

from components.contracts import Camera, Person, Segment, Zone
from components.database.database import Database
from components.database.registry import Registry
from components.database.schema import CameraVersion, StaffMember, ZoneRow
from components.database.segments import Segments

HERE = Camera("cam", "Corridor", ((0.1, 0.0, 1.0), (0.0, 0.1, 2.0), (0.0, 0.0, 1.0)))
MOVED = Camera("cam", "Corridor", ((0.2, 0.0, 1.0), (0.0, 0.1, 2.0), (0.0, 0.0, 1.0)))
TURNED = Camera("cam", "Corridor", ((0.3, 0.0, 1.0), (0.0, 0.1, 2.0), (0.0, 0.0, 1.0)))
TWO = Camera("two", "Corridor", HERE.homography)
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
    assert registry.add_camera(HERE, "north", TEN - 7)
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
    assert [(v.camera, v.valid_from - TEN, v.valid_until) for v in registry.versions("cam")] == [
        (HERE, 0, TEN + 100), (MOVED, 100, TEN + 200), (HERE, 200, None),
    ]  # fmt: skip


def test_the_registry_knows_how_cameras_hung_at_any_time(database: Database) -> None:
    registry = Registry(database)
    registry.add_camera(HERE, "north", TEN)
    registry.add_camera(MOVED, "north", TEN + 100)
    registry.add_camera(TWO, "south", TEN + 50)
    seen = {at: [version.camera for version in registry.at(TEN + at)] for at in (-1, 0, 50, 99, 100)}
    assert seen == {-1: [], 0: [HERE], 50: [HERE, TWO], 99: [HERE, TWO], 100: [MOVED, TWO]}
    assert [version.camera for version in registry.at(TEN + 100, site="south")] == [TWO]


def test_a_version_of_the_past_splits_what_was_known(database: Database) -> None:
    registry = Registry(database)
    registry.add_camera(HERE, "north", TEN)
    assert registry.add_camera(MOVED, "north", TEN + 50, valid_until=TEN + 70)
    assert _periods(registry) == [(HERE, 0, 50), (MOVED, 50, 70), (HERE, 70, None)]
    assert not registry.add_camera(MOVED, "north", TEN + 60)
    assert registry.add_camera(TURNED, "north", TEN + 60)
    assert _periods(registry) == [(HERE, 0, 50), (MOVED, 50, 60), (TURNED, 60, 70), (HERE, 70, None)]


def test_a_camera_that_was_removed_hangs_nowhere(database: Database) -> None:
    registry = Registry(database)
    registry.add_camera(HERE, "north", TEN)
    assert registry.remove_camera("cam", TEN + 30)
    assert not registry.remove_camera("cam", TEN + 40) and not registry.remove_camera("no such", TEN)
    assert _periods(registry) == [(HERE, 0, 30)] and registry.at(TEN + 30) == []
    registry.add_camera(HERE, "north", TEN + 90)
    assert _periods(registry) == [(HERE, 0, 30), (HERE, 90, None)]


def test_a_version_that_was_corrected_is_still_known_to_what_was_recorded_with_it(database: Database) -> None:
    registry, segment = Registry(database), Segment(MOVED, "a" * 64, TEN + 10, TEN + 20, 1, "raw/a.mkv")
    registry.add_camera(MOVED, "north", TEN)
    Segments(database).add(segment, "h264", 1)
    assert registry.add_camera(HERE, "north", TEN)
    assert _periods(registry) == [(HERE, 0, None)]
    assert Segments(database).of(["cam"]) == [segment] and Segments(database).valid(["cam"]) == []
    assert registry.add_camera(MOVED, "north", TEN)
    assert _periods(registry) == [(MOVED, 0, None)] and Segments(database).valid(["cam"]) == [segment]


def test_a_camera_that_goes_to_another_site(database: Database) -> None:
    registry = Registry(database)
    registry.add_camera(HERE, "north", TEN)
    assert registry.add_camera(HERE, "south", TEN + 5)
    assert [(v.site, v.valid_from - TEN) for v in registry.versions("cam")] == [("north", 0), ("south", 5)]


def test_what_many_enter_at_once_does_not_overlap(database: Database, url: str) -> None:
    problems: list[Exception] = []

    def enter(number: int) -> None:
        try:
            mine = Database(url)
            for part in range(4):
                camera = (HERE, MOVED, TURNED)[(number + part) % 3]
                Registry(mine).add_camera(camera, "north", TEN + (number * 7 + part * 3) % 11)
            mine.close()
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=enter, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    periods = _periods(Registry(database))
    assert all(one[2] is not None and one[2] <= two[1] for one, two in pairwise(periods)) and periods[-1][2] is None


def _periods(registry: Registry) -> list[tuple[Camera, int, int | None]]:
    """Beginnings and ends after TEN."""
    return [(v.camera, v.valid_from - TEN, v.valid_until and v.valid_until - TEN) for v in registry.versions("cam")]


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
