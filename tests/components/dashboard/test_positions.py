"""Windows of sighting files."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts import InputError
from components.dashboard import sightings as module
from components.dashboard.sightings import Sightings, TooManyError


@pytest.fixture
def sightings(ward):
    ward.write(ward.rows(60))
    return Sightings(ward.storage)


@pytest.mark.parametrize(("start", "end"), [(0, 60), (10, 20), (29.9, 30.1), (0, 0.2), (59.8, 90), (14.9, 15.1)])
def test_a_window_holds_exactly_what_was_seen_in_it(sightings, start, end, ward):
    window = (ward.at(start), ward.at(end))
    expected = [row for row in ward.rows(60) if window[0] <= row["time"] < window[1]]
    found = sightings.window(ward.RUN, *window)
    assert len(found) == len(expected) > 0
    assert [seen.time for seen in found] == sorted(row["time"] for row in expected)


def test_a_file_of_the_hour_before_reaches_into_the_window(ward):
    ward.write(ward.rows(60), minutes=1e9)  # one file for each camera and hour
    assert len({seen.camera for seen in Sightings(ward.storage).window(ward.RUN, ward.at(40), ward.at(41))}) > 1


def test_large_files_are_read_by_groups_of_rows(ward):
    rows = [row for row in ward.rows(29) if row["camera"] == "cam2"]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink, row_group_size=50)
    ward.storage.write(f"sightings/date=2026-11-22/hour=12/camera=cam2/{ward.RUN}-{ward.NOON}.parquet", sink.getvalue())
    window = (ward.at(10), ward.at(12))
    part = module.Part(f"sightings/date=2026-11-22/hour=12/camera=cam2/{ward.RUN}-{ward.NOON}.parquet", "cam2", ward.NOON)
    read = Sightings(ward.storage)._read(part, ["time"], window)
    found = Sightings(ward.storage).window(ward.RUN, *window)
    assert len(found) == sum(window[0] <= row["time"] < window[1] for row in rows)
    assert len(found) <= len(read) <= len(found) + 100


def test_other_runs_and_other_times_are_not_in_it(ward, sightings):
    ward.write(ward.rows(5), run="b" * 12)
    assert len(sightings.window("b" * 12, ward.NOON, ward.at(60))) == len(ward.rows(5))
    assert sightings.window("c" * 12, ward.NOON, ward.at(60)) == []
    assert sightings.window(ward.RUN, ward.at(7200), ward.at(7260)) == []


def test_who_could_not_be_placed_is_left_out(ward):
    ward.write(
        [
            ward.seen("cam1", 1, 0, float("nan"), 1.0),
            ward.seen("cam1", 2, 0, 1.0, float("inf")),
            ward.seen("cam1", 3, 0, 1.0, 1.0),
        ]
    )
    assert [seen.track for seen in Sightings(ward.storage).window(ward.RUN, ward.NOON, ward.at(1))] == [3]


def test_a_window_that_holds_too_much_says_so(sightings, monkeypatch, ward):
    monkeypatch.setattr(module, "MOST_ROWS", 100)
    with pytest.raises(TooManyError, match=r"more than 100 sightings .* ask for a shorter window"):
        sightings.window(ward.RUN, ward.NOON, ward.at(60))


def test_the_extent_of_a_run_is_found_across_hours(sightings, ward):
    assert sightings.extent(ward.RUN, ward.at(59)) == (ward.NOON, ward.at(59.8))
    assert sightings.extent("c" * 12, ward.NOON) is None


def test_a_camera_of_the_run_is_found_with_its_version(sightings, ward):
    camera, version = sightings.camera_version(ward.RUN, ward.NOON)
    assert version == f"{camera}-v1"
    assert sightings.camera_version("c" * 12, ward.NOON) is None


def test_a_camera_that_saw_nobody_leaves_a_file_without_rows(ward):
    empty = pa.Table.from_pylist([ward.seen("cam1", 1, 0, 1.0, 1.0)]).slice(0, 0)
    sink = io.BytesIO()
    pq.write_table(empty, sink)
    ward.storage.write(f"sightings/date=2026-11-22/hour=12/camera=cam1/{ward.RUN}-{ward.NOON}.parquet", sink.getvalue())
    assert Sightings(ward.storage).window(ward.RUN, ward.NOON, ward.at(1)) == []
    assert Sightings(ward.storage).extent(ward.RUN, ward.NOON) == (ward.NOON, ward.NOON)
    assert Sightings(ward.storage).camera_version(ward.RUN, ward.NOON) is None


def test_a_broken_file_is_named(ward, sightings):
    path = ward.storage.list("sightings")[0]
    ward.storage.write(path, b"PAR1 this is not parquet PAR1")
    with pytest.raises(InputError, match=f"sightings {path}: cannot be read"):
        sightings.window(ward.RUN, ward.NOON, ward.at(60))


def test_a_file_of_another_kind_is_named(ward):
    sink = io.BytesIO()
    pq.write_table(pa.table({"time": [ward.NOON], "camera": ["cam1"]}), sink)
    ward.storage.write(f"sightings/date=2026-11-22/hour=12/camera=cam1/{ward.RUN}-{ward.NOON}.parquet", sink.getvalue())
    with pytest.raises(InputError, match="no column confidence, person"):
        Sightings(ward.storage).window(ward.RUN, ward.NOON, ward.at(1))
