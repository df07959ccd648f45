from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from components.contracts import UNKNOWN
from components.database.database import Database
from components.database.schema import CrossingRow, LatestSighting, PositionRow, PresenceRow, TransitionRow
from components.retention.facts import counted, erase
from components.retention.person import Trace
from components.storage.storage import Storage
from tests.components.retention.conftest import RUN
from tests.components.retention.ward import REQUEST, WHO, fill

TRACE = Trace({(RUN, "bay_a", 1)}, {(RUN, "p1")})
TABLES = (PresenceRow, TransitionRow, CrossingRow, PositionRow)


def _people(database: Database, table: Any) -> list[str]:
    with database.session() as session:
        return sorted(session.scalars(select(table.person)))


def test_removed_with_what_has_no_name(storage: Storage, database: Database) -> None:
    fill(storage, database)
    expected = {"presences": 2, "transitions": 1, "crossings": 1, "positions": 1, "latest_sightings": 1}
    assert counted(database, REQUEST, TRACE) == expected
    with database.session() as session:
        assert erase(session, REQUEST, TRACE, "x") == expected
    for table in TABLES:
        assert _people(database, table) == ["doctor_1", WHO, UNKNOWN]  # hers of two hours later stays, and so does a stranger
    assert _people(database, LatestSighting) == []
    assert counted(database, REQUEST, TRACE) == {}


def test_another_name_without_the_reason(storage: Storage, database: Database) -> None:
    fill(storage, database)
    with database.session() as session:
        erase(session, replace(REQUEST, how="pseudonymise"), TRACE, "erased-1")
    for table in TABLES:
        assert _people(database, table).count("erased-1") == 1 and _people(database, table).count(WHO) == 1
    with database.session() as session:
        reasons = {row.person: row.reason for row in session.scalars(select(PositionRow))}
    assert reasons["erased-1"] == "" and reasons["doctor_1"] == "badge 7"
    assert _people(database, LatestSighting) == []  # it has what they look like
