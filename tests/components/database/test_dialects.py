"""What cannot run here: everything that SQL Server would be asked, compiled for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Index, String, event
from sqlalchemy.dialects import mssql, mysql
from sqlalchemy.engine import Engine
from sqlalchemy.schema import CreateIndex, CreateTable

from components.database import migrating, views
from components.database.database import Database
from components.database.questions import Questions
from components.database.registry import Registry
from components.database.runs import Runs, Steps
from components.database.schema import Base
from components.database.segments import Segments
from components.database.staff import Staff
from components.roster.entries import Contents
from tests.components.database.stories import HOUR, MINUTE, NOON, story, tell

TABLES = Base.metadata.sorted_tables


def _bytes(column: Any, per_character: int) -> int:
    return column.type.length * per_character if isinstance(column.type, String) else 8


@pytest.mark.parametrize(
    ("dialect", "per_character", "most_of_a_key", "most_of_an_index"),
    [(mysql.dialect(), 4, 3072, 3072), (mssql.dialect(), 2, 900, 1700)],  # InnoDB; SQL Server: clustered, and others
)
def test_keys_and_indexes_are_short_enough(dialect: Any, per_character: int, most_of_a_key: int, most_of_an_index: int) -> None:
    def size(columns: Any) -> int:
        return sum(_bytes(column, per_character) for column in columns)

    assert {table.name: size(table.primary_key) for table in TABLES if size(table.primary_key) > most_of_a_key} == {}
    indexes = [index for table in TABLES for index in table.indexes]
    assert {index.name: size(index.columns) for index in indexes if size(index.columns) > most_of_an_index} == {}


def test_all_tables_as_sql_server_and_mysql_have_them() -> None:
    for table in TABLES:
        sql = str(CreateTable(table).compile(dialect=mssql.dialect()))
        assert not re.search(r"\bVARCHAR\(\d|\bFLOAT\b|\bTEXT\b|JSON\b", sql), sql
        assert "Latin1_General_100_BIN2" in sql or not any(isinstance(column.type, String) for column in table.columns)
        assert not re.search(r"\bFLOAT\b|[^G]BLOB", str(CreateTable(table).compile(dialect=mysql.dialect())))
        for index in table.indexes:
            assert isinstance(index, Index) and str(CreateIndex(index).compile(dialect=mssql.dialect()))


@pytest.fixture
def asked(tmp_path: Any) -> Iterator[list[Any]]:
    """Every statement that is carried out while the test runs, before SQLite's words are found for it."""
    statements: list[Any] = []

    def hear(_: Any, clause: Any, *more: Any) -> None:
        statements.append(clause)

    event.listen(Engine, "before_execute", hear)
    yield statements
    event.remove(Engine, "before_execute", hear)


def test_every_question_and_entry_can_be_put_to_sql_server(asked: list[Any], tmp_path: Any) -> None:
    database = Database(f"sqlite:///{tmp_path}/ward.db")
    asked.clear()
    tell(database, story(NOON - 90 * MINUTE, 100, step=20.0))
    questions, period = Questions(database), {"start": NOON - 3 * HOUR, "end": NOON + HOUR}
    questions.sites(), questions.extent("site"), questions.occupancy("site"), questions.available("site", role="nurse")
    questions.search("site", "AN_n%"), questions.cameras("site"), questions.dwell("site", **period, by="both")
    page = questions.stays("site", **period, limit=1)
    questions.stays("site", **period, person="ann", after=page.next)
    questions.flows("site", **period), questions.crossings("site", **period), questions.heat("site", **period)
    for step in ("minute", "hour", "day"):
        questions.timeline("site", **period, step=step)
    Registry(database).at(NOON), Registry(database).remove_camera("cam", NOON), Segments(database).valid(["cam"])
    runs = Runs(database)
    runs.begin("r", "track", [], "d", published=False)
    runs.beat("r"), runs.end("r", "completed", {}), runs.newest("track", ["x"]), runs.unpublished(5)
    Steps(database, "track").once("key", "name", dict)
    Staff(database).enter(Contents(), since=NOON), Staff(database).dated(NOON, NOON)
    compiled = [str(clause.compile(dialect=mssql.dialect())) for clause in asked if not getattr(clause, "is_text", False)]
    assert len(compiled) > 100
    assert not [sql for sql in compiled if re.search(r"\bLIMIT\b|\|\||\btrue\b|\bfalse\b", sql)]
    database.close()


def test_the_views_have_no_words_of_other_databases() -> None:
    for statement in views.statements("mssql"):
        assert not re.search(r"\|\||strftime|to_timestamp|\binterval\b|json_each|LIMIT|`|(?<![\w.(])\d{11,}(?! AS)", statement), (
            statement
        )
        assert statement.count("(") == statement.count(")")
    assert "CREATE VIEW fact_presence" in migrating.script("mssql")
