from __future__ import annotations

import io
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from components.contracts import Camera, Frame, Sighting
from components.database.database import Database
from components.database.schema import LatestSighting
from components.storage.sightings import (
    GONE,
    HOUR,
    SightingStore,
    read_features,
    read_frames,
    read_sightings,
    sightings_in_order,
)
from components.storage.storage import Storage

START = 1_772_452_800_000_000_000 - 2_000_000_000  # two seconds before 2026-03-02T12:00:00Z
SECOND = 1_000_000_000
EYE = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


def _frame(index: int, camera: str = "cam", second: int | None = None) -> Frame:
    time = START + (index if second is None else second) * SECOND
    return Frame(Camera(camera, "", EYE), time, index, "5" * 64, index, np.zeros((4, 4, 3), np.uint8), np.eye(3))


def _seen(frame: Frame, track: int) -> Sighting:
    return Sighting(
        frame.camera.id, frame.camera.version, track, frame.time, frame.index, frame.segment, frame.segment_time,
        f"person {track}", 0.75, "nurse", frame.index / 3, 2.5, 0.25, "corridor", (1.0, 2.5, 3.0, 4.0 + track), 0.5,
    )  # fmt: skip


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(str(tmp_path / "store"))


@pytest.fixture
def database(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path}/ward.db")
    yield database
    database.close()


def _positions(database: Database) -> set[tuple[str, int, int]]:
    with database.session() as session:
        return {(row.camera, row.track, row.time) for row in session.scalars(select(LatestSighting))}


def test_every_field_of_a_sighting_is_read_back(storage: Storage, database: Database) -> None:
    store = SightingStore(storage=storage, database=database, run="r1", cameras=["cam"])
    sightings = [_seen(_frame(0), 1), _seen(_frame(0), 2)]
    store.write(_frame(0), sightings)
    store.write(_frame(1), [])
    store.close()
    rows = read_sightings(storage, "r1").to_pylist()
    for row, sighting in zip(rows, sightings, strict=True):
        assert (row.pop("x1"), row.pop("y1"), row.pop("x2"), row.pop("y2")) == sighting.box
        assert row == {
            item.name: getattr(sighting, item.name) for item in fields(Sighting) if item.name not in ("box", "feature")
        }
    assert store.written == 2


def test_frames_with_nobody_in_them_were_looked_at_too(storage: Storage, database: Database) -> None:
    store = SightingStore(storage=storage, database=database, run="r1", cameras=["cam"])
    for index in range(3):
        store.write(_frame(index), [_seen(_frame(index), 1)] if index == 1 else [])
    store.close()
    frames = read_frames(storage, "r1").to_pylist()
    assert [(row["frame"], row["people"]) for row in frames] == [(0, 0), (1, 1), (2, 0)]
    assert [row["time"] for row in frames] == [_frame(index).time for index in range(3)]


def test_files_are_cut_at_the_hour_of_fleet_time(storage: Storage, database: Database) -> None:
    store = SightingStore(storage=storage, database=database, run="r1", cameras=["cam"])
    for index in range(5):
        store.write(_frame(index), [_seen(_frame(index), 1)])
    store.close()
    folder = "sightings/date=2026-03-02/hour={}/camera=cam/r1-{}.parquet"
    assert storage.list("sightings") == [folder.format(11, START), folder.format(12, START + 2 * SECOND)]
    assert len(storage.list("frames")) == 2
    assert pq.read_table(io.BytesIO(storage.read(storage.list("sightings")[0]))).num_rows == 2
    assert HOUR * (START // HOUR + 1) == START + 2 * SECOND


def test_the_limit_makes_more_files_with_the_same_rows(storage: Storage, database: Database) -> None:
    for run, limit in (("few", 100), ("many", 2)):
        store = SightingStore(storage=storage, database=database, run=run, cameras=["cam"], limit=limit)
        for index in range(2, 9):
            store.write(_frame(index), [_seen(_frame(index), 1)])
        store.close()
    names = [path.rsplit("/", 1)[-1] for path in storage.list("sightings")]
    assert sum(name.startswith("few-") for name in names) == 1
    assert sum(name.startswith("many-") for name in names) == 4
    assert read_sightings(storage, "many").to_pylist() == read_sightings(storage, "few").to_pylist()
    assert read_frames(storage, "many").num_rows == 7


def test_the_same_sightings_make_the_same_files(tmp_path: Path, database: Database) -> None:
    stores = [Storage(str(tmp_path / name)) for name in ("a", "b")]
    for storage in stores:
        store = SightingStore(storage=storage, database=database, run="r1", cameras=["cam", "two"], limit=3)
        for index in range(8):
            for camera in ("cam", "two"):
                store.write(_frame(index, camera), [_seen(_frame(index, camera), 1)])
        store.close()
    first, second = ({path: storage.read(path) for path in storage.list("")} for storage in stores)
    assert len(first) == 12  # sightings and frames of two cameras: one file before noon, two after
    assert first == second


def test_runs_do_not_see_each_other(storage: Storage, database: Database) -> None:
    for run in ("r1", "r11"):
        store = SightingStore(storage=storage, database=database, run=run, cameras=["cam"])
        store.write(_frame(0), [_seen(_frame(0), 1)])
        store.close()
    assert read_sightings(storage, "r1").num_rows == 1
    assert read_sightings(storage, "r").num_rows == 0
    assert read_frames(storage, "nobody").schema.names == read_frames(storage, "r1").schema.names


def test_current_positions_are_where_people_were_last(storage: Storage, database: Database) -> None:
    store = SightingStore(storage=storage, database=database, run="r1", cameras=["cam", "two"], every=0)
    store.write(_frame(0), [_seen(_frame(0), 1), _seen(_frame(0), 2)])
    assert _positions(database) == {("cam", 1, START), ("cam", 2, START)}
    store.write(_frame(3), [_seen(_frame(3), 1)])
    assert _positions(database) == {("cam", 1, START + 3 * SECOND), ("cam", 2, START)}
    gone = GONE // SECOND + 1
    store.write(_frame(gone, "two"), [_seen(_frame(gone, "two"), 1)])
    assert _positions(database) == {("cam", 1, START + 3 * SECOND), ("two", 1, START + gone * SECOND)}


def test_positions_wait_their_turn_and_are_there_at_the_end(storage: Storage, database: Database) -> None:
    store = SightingStore(storage=storage, database=database, run="r1", cameras=["cam"], every=3600)
    store.write(_frame(0), [_seen(_frame(0), 1)])
    assert _positions(database) == set()
    store.close()
    assert _positions(database) == {("cam", 1, START)}


def test_a_new_run_clears_the_positions_of_its_own_cameras_only(storage: Storage, database: Database) -> None:
    for camera in ("cam", "two"):
        store = SightingStore(storage=storage, database=database, run="r1", cameras=[camera])
        store.write(_frame(0, camera), [_seen(_frame(0, camera), 1)])
        store.close()
    SightingStore(storage=storage, database=database, run="r2", cameras=["cam"])
    assert _positions(database) == {("two", 1, START)}


def _looked(frame: Frame, track: int) -> Sighting:
    """With an appearance that says which track and frame it is of."""
    return replace(_seen(frame, track), feature=np.array([track, frame.index / 8, 0.5], np.float32))


def _walked(storage: Storage, database: Database, run: str, **what) -> list[Sighting]:
    """Two cameras, one of them twice as quick, over the hour and over several files; what was given to the store."""
    store, given = SightingStore(storage=storage, database=database, run=run, cameras=["two", "cam"], **what), []
    for index in range(40):
        for camera in ("two", "cam") if index % 2 else ("two",):
            frame = _frame(index, camera, None)
            frame = replace(frame, time=START + index * SECOND // 10)
            given += (seen := [_looked(frame, 2), _seen(frame, 5)] if index % 3 else [_looked(frame, 1)])
            store.write(frame, seen)
    store.close()
    return given


@pytest.mark.parametrize("limit", [3, 1000])
def test_sightings_come_in_order_of_time_over_cameras_and_files(storage: Storage, database: Database, limit: int) -> None:
    given = _walked(storage, database, "r1", limit=limit)
    found = list(sightings_in_order(storage, "r1"))
    assert found == sorted(given, key=lambda seen: (seen.time, seen.camera, seen.track))
    assert (len(storage.list("sightings")) > 4) is (limit == 3)
    assert list(sightings_in_order(storage, "nobody")) == []


@pytest.mark.parametrize("limit", [3, 1000])
def test_features_are_those_of_their_own_sighting_about_once_a_second(storage: Storage, database: Database, limit: int) -> None:
    given = {(seen.camera, seen.track, seen.time): seen for seen in _walked(storage, database, "r1", limit=limit)}
    found = [seen for seen in sightings_in_order(storage, "r1") if seen.feature.size]
    assert {seen.track for seen in found} == {1, 2}
    for seen in found:
        assert seen.feature.dtype == np.float32
        assert np.allclose(seen.feature, given[seen.camera, seen.track, seen.time].feature, atol=0.01)
    for camera in ("cam", "two"):
        for track in (1, 2):
            times = [seen.time for seen in found if (seen.camera, seen.track) == (camera, track)]
            assert len(times) in (3, 4) and np.diff(times).min() >= SECOND
    assert read_features(storage, "r1").num_rows == len(found)


def test_who_was_not_looked_at_has_no_features(storage: Storage, database: Database) -> None:
    store = SightingStore(storage=storage, database=database, run="r1", cameras=["cam"])
    store.write(_frame(0), [_seen(_frame(0), 1)])
    store.close()
    assert storage.list("features") == [] and read_features(storage, "r1").num_rows == 0
    assert [seen.feature.shape for seen in sightings_in_order(storage, "r1")] == [(0,)]
