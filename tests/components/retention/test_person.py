from __future__ import annotations

from dataclasses import replace

import pytest

from components.contracts import UNKNOWN, InputError
from components.database.database import Database
from components.retention.items import HOUR, SECOND
from components.retention.person import Request, Trace, changed, files, read, run_of, trace
from components.storage.storage import Storage
from tests.components.retention.conftest import RUN, TEN
from tests.components.retention.ward import REQUEST, WHO, fill

OTHER = replace(REQUEST, how="pseudonymise")


def test_a_trace_is_where_the_name_was_said_and_when(storage: Storage, database: Database) -> None:
    fill(storage, database)
    found = trace(storage, REQUEST)
    assert found.tracks == {(RUN, "bay_a", 1)} and found.identities == {(RUN, "p1")}
    assert found.moments == {"bay_a": [TEN, TEN, TEN + 3 * SECOND]}  # truth and sightings
    assert Trace.of(found.plain()).tracks == found.tracks and Trace.of(found.plain()).identities == found.identities


@pytest.mark.parametrize(
    ("name", "rows", "left"),
    [
        ("sightings_0", 3, ["doctor_1", UNKNOWN]),  # her nameless moment went with her, the stranger's did not
        ("sightings_1", 0, [WHO]),
        ("positions", 2, ["doctor_1", UNKNOWN]),
        ("truth", 1, [UNKNOWN, "doctor_1", ""]),
    ],
)
def test_rows_that_are_removed(storage: Storage, database: Database, name: str, rows: int, left: list[str]) -> None:
    path = fill(storage, database)[name]
    table, count = changed(path, read(storage, path), REQUEST, trace(storage, REQUEST), "x")
    assert (count, table["person"].to_pylist()) == (rows, left)
    assert table.schema == read(storage, path).schema


@pytest.mark.parametrize(
    ("name", "rows", "left"),
    [
        ("sightings_0", 2, ["erased-1", UNKNOWN, "doctor_1", UNKNOWN, "erased-1"]),
        ("positions", 1, ["erased-1", UNKNOWN, "doctor_1", UNKNOWN]),
        ("truth", 1, ["erased-1", "doctor_1", ""]),
    ],
)
def test_rows_that_get_another_name_say_no_more_why(
    storage: Storage, database: Database, name: str, rows: int, left: list[str]
) -> None:
    path = fill(storage, database)[name]
    table, count = changed(path, read(storage, path), OTHER, trace(storage, OTHER), "erased-1")
    assert (count, table["person"].to_pylist()) == (rows, left)
    if "reason" in table.column_names:
        why = zip(table["person"].to_pylist(), table["reason"].to_pylist(), strict=True)
        assert all(reason == ("" if person == "erased-1" else "badge 7 read") for person, reason in why)


@pytest.mark.parametrize("request_", [REQUEST, OTHER])
def test_what_they_look_like_goes_in_both_cases(storage: Storage, database: Database, request_: Request) -> None:
    path = fill(storage, database)["features_0"]
    table, count = changed(path, read(storage, path), request_, trace(storage, request_), "x")
    assert (count, table["track"].to_pylist()) == (3, [2, 3])


def test_facts_in_the_lake(storage: Storage, database: Database) -> None:
    path = fill(storage, database)["lake"]
    table, count = changed(path, read(storage, path), REQUEST, Trace(), "x")
    assert (count, table["person_key"].to_pylist()) == (1, ["doctor_1", WHO])
    table, count = changed(path, read(storage, path), OTHER, Trace(), "x")
    assert (count, table["person_key"].to_pylist()) == (1, ["x", "doctor_1", WHO])
    sums = "lake/fact_occupancy/date=2026-03-02/fact_occupancy.parquet"
    for request in (REQUEST, OTHER):
        assert changed(sums, read(storage, sums), request, Trace(), "x")[1] == 0


def test_only_files_of_the_time_are_looked_at(storage: Storage, database: Database) -> None:
    paths = fill(storage, database)
    assert list(files(storage, "sightings", REQUEST)) == [paths["sightings_0"]]
    assert list(files(storage, "lake", replace(REQUEST, start=TEN + 20 * HOUR, end=TEN + 21 * HOUR)))  # stays of the day before
    assert not list(files(storage, "lake", replace(REQUEST, start=TEN + 40 * HOUR, end=TEN + 41 * HOUR)))
    assert run_of("sightings/x/live-1-abc-1772445600000000000.parquet") == "live-1-abc"


@pytest.mark.parametrize("person", ["", UNKNOWN])
def test_nobody_cannot_be_erased(person: str) -> None:
    with pytest.raises(InputError, match="expected the id of somebody on the roster"):
        replace(REQUEST, person=person)
    with pytest.raises(InputError, match="since is not before until"):
        replace(REQUEST, end=TEN)
