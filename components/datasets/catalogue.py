"""Which datasets there are, and what one is made of, camera by camera."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import select

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import DatasetRow
from components.datasets.dataset import deleted
from components.datasets.rows import Rows
from components.storage.storage import Storage

MEMORY = "400MB"  # of a question about all frames; more goes through a temporary folder

CAMERAS = """
    SELECT camera, list(DISTINCT camera_version ORDER BY camera_version) AS versions, min(time) AS first, max(time) AS last,
           count(*) FILTER (reason = 'kept') AS kept, count(*) FILTER (reason <> 'kept') AS rejected,
           count(*) FILTER (split = 'train') AS train, count(*) FILTER (split = 'val') AS val,
           count(*) FILTER (split = 'test') AS test,
           count(*) FILTER (reason = 'kept' AND NOT labelled) AS unlabelled, sum(people)::BIGINT AS people,
           sum(size + label_size)::BIGINT AS bytes
    FROM frames GROUP BY camera ORDER BY camera
"""
REASONS = "SELECT reason, count(*) AS frames FROM frames GROUP BY reason ORDER BY frames DESC, reason"
ASKED = (
    "camera", "camera_version", "time", "reason", "split", "labelled", "people", "size", "label_size",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One dataset that the database knows."""

    digest: str
    created: int  # ns since 1970
    kept: int
    rejected: int
    chain_digest: str
    frames: dict[str, int]  # by split, and by the reason why they were rejected; {} where the store has it no more
    problem: str  # why the store cannot show it; empty where it can


def catalogue(storage: Storage, database: Database) -> list[Entry]:
    """Every dataset, the newest first; dataset.json says the rest, and no manifest is read."""
    with database.session() as session:
        rows = list(session.scalars(select(DatasetRow).order_by(DatasetRow.created.desc(), DatasetRow.digest)))
        return [Entry(row.digest, row.created, row.kept, row.rejected, row.chain_digest, *_about(storage, row)) for row in rows]


def cameras_of(rows: Rows) -> list[dict[str, Any]]:
    """One record per camera: what of it is in the dataset, and what was left out."""
    return asked(rows, CAMERAS, ASKED)


def reasons_of(rows: Rows) -> dict[str, int]:
    """Frames by the reason why they are in or not, the most frequent first."""
    return {record["reason"]: record["frames"] for record in asked(rows, REASONS, ["reason"])}


def asked(rows: Rows, question: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The answer to an SQL question about `columns` of the table `frames`; the manifest passes by, and is never held."""
    with questions() as connection:
        connection.register("frames", reader(rows, columns))
        table: pa.Table = connection.sql(question).to_arrow_table()
        return list(table.to_pylist())


@contextmanager
def questions() -> Iterator[duckdb.DuckDBPyConnection]:
    """An SQL engine that keeps to its memory."""
    with TemporaryDirectory(prefix="wardflow-") as folder, duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'; SET temp_directory = '{folder}'; SET threads = 2")
        yield connection


def reader(rows: Rows, columns: Sequence[str]) -> pa.RecordBatchReader:
    schema = pa.schema([rows.schema.field(name) for name in columns])
    return pa.RecordBatchReader.from_batches(schema, rows.batches(columns))


def _about(storage: Storage, row: DatasetRow) -> tuple[dict[str, int], str]:
    if gone := deleted(row):
        return {}, gone
    try:
        return dict(json.loads(storage.read(f"{row.path}/dataset.json")).get("frames", {})), ""
    except InputError as error:
        return {}, str(error)
    except ValueError as error:
        return {}, f"{row.path}/dataset.json is damaged: {error}"
