"""The star schema as Parquet in the store, for everything that reads files: `lake/<table>/date=<utc>/<table>.parquet`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, text

from components.contracts import Progress
from components.database import views
from components.database.database import Database
from components.database.spans import DAY
from components.storage.storage import Storage

TYPES = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "moment": pa.timestamp("us", "UTC"),
    "local": pa.timestamp("us"),
    "date": pa.date32(),
}


@dataclass(frozen=True, slots=True)
class Written:
    """What an export put into the store."""

    files: int
    rows: dict[str, int]  # by table


def write_lake(storage: Storage, database: Database, *, start: int, end: int, progress: Progress | None = None) -> Written:
    """Write the dimensions, and the facts of every day (UTC) that the period from `start` until before `end` (ns) touches.

    A day is written whole, in place of what the lake had of it; days without facts lose their files.
    """
    dimensions = [view for view in views.STAR if not view.time]
    facts = [view for view in views.STAR if view.time]
    days = range(start // DAY * DAY, end, DAY)
    rows, files = dict.fromkeys((view.name for view in views.STAR), 0), 0
    with database.session() as session:
        connection = session.connection()
        for view in dimensions:
            rows[view.name] = _write(storage, f"lake/{view.name}/{view.name}.parquet", view, _all(connection, view))
            files += 1
        for number, day in enumerate(days):
            for view in facts:
                path = f"lake/{view.name}/date={datetime.fromtimestamp(day // 10**9, UTC):%Y-%m-%d}/{view.name}.parquet"
                found = _day(connection, view, day)
                rows[view.name] += _write(storage, path, view, found) if found else _remove(storage, path)
                files += bool(found)
            if progress:
                progress(number + 1, len(days))
    return Written(files, rows)


def schema_of(view: views.View) -> pa.Schema:
    """The columns of a table in the lake: those of the view."""
    return pa.schema([(column.name, TYPES[column.kind]) for column in view.columns])


def _all(connection: Connection, view: views.View) -> Sequence[Sequence[Any]]:
    return connection.execute(text(f"SELECT * FROM {view.name} ORDER BY {view.columns[0].name}")).all()


def _day(connection: Connection, view: views.View, day: int) -> list[Sequence[Any]]:
    """Site by site, because the indexes begin with the site."""
    query = text(
        f"SELECT * FROM {view.name} WHERE site = :site AND {view.time} >= :day AND {view.time} < :end ORDER BY {view.time}"
    )
    rows: list[Sequence[Any]] = []
    for site in _sites(connection):
        rows += connection.execute(query, {"site": site, "day": day, "end": day + DAY}).all()
    return rows


def _sites(connection: Connection) -> list[str]:
    return [
        row[0]
        for row in connection.execute(text("SELECT DISTINCT site FROM dim_time UNION SELECT DISTINCT site FROM dim_camera"))
    ]


def _remove(storage: Storage, path: str) -> int:
    storage.remove(path)
    return 0


def _write(storage: Storage, path: str, view: views.View, rows: Sequence[Sequence[Any]]) -> int:
    columns = zip(*rows, strict=True) if rows else ((),) * len(view.columns)
    schema = schema_of(view)
    arrays = [
        pa.array(_plain(column.kind, values), TYPES[column.kind]) for column, values in zip(view.columns, columns, strict=True)
    ]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), sink)
    storage.write(path, sink.getvalue())
    return len(rows)


def _plain(kind: views.Kind, values: Sequence[Any]) -> list[Any]:
    """SQLite has neither moments nor flags: it gives texts and numbers."""
    if kind == "flag":
        return [None if value is None else bool(value) for value in values]
    if kind == "moment":
        return [_utc(datetime.fromisoformat(value)) if isinstance(value, str) else value for value in values]
    if kind == "local":
        return [datetime.fromisoformat(value) if isinstance(value, str) else value for value in values]
    if kind == "date":
        return [date.fromisoformat(value) if isinstance(value, str) else value for value in values]
    return list(values)


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)
