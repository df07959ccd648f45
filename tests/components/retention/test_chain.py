from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, insert, select, update

from components.database.database import Database
from components.database.schema import RetentionEventRow
from components.retention.chain import ORIGIN, Event, broken, enter, events, head


def _enter(database: Database, *paths: str) -> None:
    enter(database, lambda _: [Event(kind="deleted", path=path, bytes=5, detail={"at": 1.5}) for path in paths])


def test_rows_follow_each_other(database: Database) -> None:
    assert head(database) == (0, ORIGIN)
    _enter(database, "a", "b")
    _enter(database, "c")
    rows = list(events(database))
    assert [(row["number"], row["path"]) for row in rows] == [(1, "a"), (2, "b"), (3, "c")]
    assert [row["previous"] for row in rows] == [ORIGIN, rows[0]["digest"], rows[1]["digest"]]
    assert head(database) == (3, rows[2]["digest"]) and broken(database) == []
    assert [row["path"] for row in events(database, kinds=["hold"])] == []


@pytest.mark.parametrize("column", ["path", "bytes", "sha256", "rule", "at", "who", "detail", "kind", "previous", "digest"])
def test_whoever_edits_a_row_is_found_out(database: Database, column: str) -> None:
    _enter(database, "a", "b", "c")
    value = {"bytes": 6, "at": 7, "detail": {"at": 2.5}}.get(column, "other")
    with database.session() as session:
        session.execute(update(RetentionEventRow).where(RetentionEventRow.number == 2).values(**{column: value}))
    assert any("row 2" in problem or "row 3" in problem for problem in broken(database))


def test_a_row_that_was_taken_out_or_put_in(database: Database) -> None:
    _enter(database, "a", "b", "c")
    with database.session() as session:
        columns = RetentionEventRow.__table__.columns
        row = dict(session.execute(select(*columns).where(RetentionEventRow.number == 2)).mappings().one())
        session.execute(delete(RetentionEventRow).where(RetentionEventRow.number == 2))
    assert broken(database) == ["rows 2 to 2 are missing"]
    with database.session() as session:
        session.execute(insert(RetentionEventRow).values(**{**row, "path": "nothing"}))
    assert broken(database) == ["row 2 (deleted nothing) was edited"]


def test_events_are_entered_with_the_change_or_not_at_all(database: Database) -> None:
    def fails(_: object) -> list[Event]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        enter(database, fails)
    assert list(events(database)) == []


def test_several_at_once_do_not_get_into_each_others_way(database: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda name: _enter(database, name), map(str, range(24))))
    assert broken(database) == [] and sorted(int(row["path"]) for row in events(database)) == list(range(24))
