"""Windows of position files."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts import InputError
from components.dashboard import positions as module
from components.dashboard.positions import Positions, TooManyError
from components.storage.positions import SCHEMA


@pytest.fixture
def positions(ward):
    ward.write(ward.rows(60))
    return Positions(ward.storage)


@pytest.mark.parametrize(("start", "end"), [(0, 60), (10, 20), (29.9, 30.1), (0, 0.2), (59.8, 90), (14.9, 15.1)])
def test_a_window_holds_exactly_what_was_seen_in_it(positions, start, end, ward):
    window = (ward.at(start), ward.at(end))
    expected = [row for row in ward.rows(60) if window[0] <= row["time"] < window[1]]
    found = positions.window(ward.RUN, *window)
    assert len(found) == len(expected) > 0
    assert [seen.time for seen in found] == sorted(row["time"] for row in expected)


def test_a_file_of_the_hour_before_reaches_into_the_window(ward):
    ward.write([row for row in ward.rows(60) if row["time"] < ward.at(30)], minutes=1e9)
    path = ward.storage.list("positions")[0]
    late = [row | {"time": row["time"]} for row in ward.rows(60)]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(late, schema=SCHEMA), sink)
    ward.storage.write(path, sink.getvalue())
    assert len(Positions(ward.storage).window(ward.RUN, ward.at(40), ward.at(41))) == 60


def test_large_files_are_read_by_groups_of_rows(ward):
    rows = ward.rows(29, people=2)
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), sink, row_group_size=50)
    ward.storage.write(f"positions/date=2026-11-22/hour=12/{ward.RUN}-{ward.NOON}.parquet", sink.getvalue())
    window = (ward.at(10), ward.at(12))
    part = module.Part(f"positions/date=2026-11-22/hour=12/{ward.RUN}-{ward.NOON}.parquet", ward.NOON)
    read = Positions(ward.storage)._read(part, ["time"], window)
    found = Positions(ward.storage).window(ward.RUN, *window)
    assert len(found) == sum(window[0] <= row["time"] < window[1] for row in rows)
    assert len(found) <= len(read) <= len(found) + 100


def test_other_runs_and_other_times_are_not_in_it(ward, positions):
    ward.write(ward.rows(5), run="b" * 12)
    assert len(positions.window("b" * 12, ward.NOON, ward.at(60))) == len(ward.rows(5))
    assert positions.window("c" * 12, ward.NOON, ward.at(60)) == []
    assert positions.window(ward.RUN, ward.at(7200), ward.at(7260)) == []


def test_who_could_not_be_placed_is_left_out(ward):
    ward.write(
        [
            ward.seen("cam1", 1, 0, float("nan"), 1.0),
            ward.seen("cam1", 2, 0, 1.0, float("inf")),
            ward.seen("cam1", 3, 0, 1.0, 1.0),
        ]
    )
    assert [at.identity for at in Positions(ward.storage).window(ward.RUN, ward.NOON, ward.at(1))] == ["cam1-3"]


def test_a_window_that_holds_too_much_says_so(positions, monkeypatch, ward):
    monkeypatch.setattr(module, "MOST_ROWS", 100)
    with pytest.raises(TooManyError, match=r"more than 100 positions .* ask for a shorter window"):
        positions.window(ward.RUN, ward.NOON, ward.at(60))


def test_the_extent_of_a_run_is_found_across_hours(positions, ward):
    assert positions.extent(ward.RUN, ward.at(59)) == (ward.NOON, ward.at(59.8))
    assert positions.extent("c" * 12, ward.NOON) is None


def test_a_file_without_rows_is_a_time_without_people(ward):
    empty = SCHEMA.empty_table()
    sink = io.BytesIO()
    pq.write_table(empty, sink)
    ward.storage.write(f"positions/date=2026-11-22/hour=12/{ward.RUN}-{ward.NOON}.parquet", sink.getvalue())
    assert Positions(ward.storage).window(ward.RUN, ward.NOON, ward.at(1)) == []
    assert Positions(ward.storage).extent(ward.RUN, ward.NOON) == (ward.NOON, ward.NOON)


def test_a_broken_file_is_named(ward, positions):
    path = ward.storage.list("positions")[0]
    ward.storage.write(path, b"PAR1 this is not parquet PAR1")
    with pytest.raises(InputError, match=f"positions {path}: cannot be read"):
        positions.window(ward.RUN, ward.NOON, ward.at(60))


def test_a_file_of_another_kind_is_named(ward):
    sink = io.BytesIO()
    pq.write_table(pa.table({"time": [ward.NOON], "zone": ["Bay A"]}), sink)
    ward.storage.write(f"positions/date=2026-11-22/hour=12/{ward.RUN}-{ward.NOON}.parquet", sink.getvalue())
    with pytest.raises(InputError, match="no column cameras, confidence"):
        Positions(ward.storage).window(ward.RUN, ward.NOON, ward.at(1))
