from __future__ import annotations

import io
from dataclasses import fields, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from components.contracts import UNKNOWN, Position
from components.database.database import Database
from components.storage import positions as room
from components.storage.outlet import AtOnce
from components.storage.positions import GROUP, PositionStore, positions_in_order, read_positions, there
from components.storage.storage import Storage

SECOND = 1_000_000_000
START = 1_772_452_800 * SECOND - 2 * SECOND  # two seconds before 2026-03-02T12:00:00Z


def at(seconds: float, identity: str = "1", **what) -> Position:
    position = Position(
        START + round(seconds * SECOND), identity, "nurse_1", "nurse", 0.75, seconds / 3, 2.5, 0.25, "desk", ("a", "b"),
        ("a/1", "b/12"), "a: badge read",
    )  # fmt: skip
    return replace(position, **what)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(str(tmp_path / "store"))


@pytest.fixture
def make(storage: Storage, tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path}/ward.db")
    yield lambda run="r1", **what: PositionStore(AtOnce(storage, database), run, **what)
    database.close()


def test_every_field_of_a_position_is_read_back(storage, make):
    positions = [at(0), at(0, "2", person=UNKNOWN, role=UNKNOWN, confidence=0.0, cameras=(), tracks=(), reason=""), at(0.2)]
    store = make()
    store.write(positions[:2])
    store.write([])
    store.write(positions[2:])
    store.close()
    assert list(positions_in_order(storage, "r1")) == positions
    assert store.written == 3
    table = read_positions(storage, "r1")
    assert table.schema.names == [item.name for item in fields(Position)]
    assert table["tracks"].to_pylist() == [["a/1", "b/12"], [], ["a/1", "b/12"]]


def test_files_are_cut_at_the_hour_of_fleet_time_or_at_the_length_that_is_asked_for(storage, make):
    for run, length in (("hours", {}), ("short", {"length": SECOND})):
        store = make(run, **length)
        for second in range(5):
            store.write([at(second), at(second + 0.6, "2")])
        store.close()
    folder = "positions/date=2026-03-02/hour={}/{}-{}.parquet"
    found = storage.list("positions")
    assert [path for path in found if "hours" in path] == [
        folder.format(11, "hours", START), folder.format(12, "hours", START + 2 * SECOND),
    ]  # fmt: skip
    assert len([path for path in found if "short" in path]) == 5
    assert list(positions_in_order(storage, "short")) == list(positions_in_order(storage, "hours"))


def test_no_more_rows_are_in_memory_than_a_group_has(storage, make, monkeypatch):
    monkeypatch.setattr(room, "GROUP", 100)
    store, most = make(), 0
    for moment in range(300):
        store.write([at(moment / 1000, str(number)) for number in range(7)])
        most = max(most, len(store._rows))
    assert most < 100 and storage.list("positions") == [], "a file is in the store when it is whole"
    store.close()
    (path,) = storage.list("positions")
    groups = pq.ParquetFile(io.BytesIO(storage.read(path))).metadata
    assert {groups.row_group(number).num_rows for number in range(groups.num_row_groups - 1)} == {100}
    assert [position.identity for position in positions_in_order(storage, "r1")] == [str(number) for number in range(7)] * 300
    assert GROUP >= 1000


def test_a_run_that_was_killed_leaves_nothing_half_written(storage, make):
    store = make()
    store.write([at(moment / 10) for moment in range(100)])
    (whole,) = storage.list("")
    assert whole.endswith(f"r1-{START}.parquet"), "the file of the hour that had ended"
    assert [position.time for position in positions_in_order(storage, "r1")] == [at(moment / 10).time for moment in range(20)]
    store.close()


def test_the_same_positions_make_the_same_files_and_again_is_no_second_time(storage, make):
    contents = []
    for _ in range(2):
        store = make()
        store.write([at(moment) for moment in range(5)])
        store.close()
        contents.append({path: storage.read(path) for path in storage.list("positions")})
    assert contents[0] == contents[1] and len(contents[0]) == 2


def test_runs_do_not_see_each_other(storage, make):
    for run in ("r1", "r11"):
        store = make(run)
        store.write([at(1)])
        store.close()
    assert len(list(positions_in_order(storage, "r1"))) == read_positions(storage, "r11").num_rows == 1
    assert (there(storage, "r1"), there(storage, "r")) == (True, False)
    assert read_positions(storage, "r").num_rows == 0 and list(positions_in_order(storage, "r")) == []


def test_nothing_written_is_no_file(storage, make):
    make().close()
    assert storage.list("") == []
