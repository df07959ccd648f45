"""Where everybody was, for the whole site: Parquet in the store, an hour a file."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import fields
from itertools import groupby

import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts import Position
from components.storage import layout
from components.storage.storage import Storage

HOUR = 3_600_000_000_000  # ns
GROUP = 5_000  # rows that a reader of a short window has to look at
LISTS = {"cameras", "tracks"}
NUMBERS = {"confidence", "x", "y", "uncertainty"}
NAMES = tuple(item.name for item in fields(Position))
SCHEMA = pa.schema(
    [
        (
            name,
            pa.int64()
            if name == "time"
            else pa.list_(pa.string())
            if name in LISTS
            else pa.float64()
            if name in NUMBERS
            else pa.string(),
        )
        for name in NAMES
    ]
)


def write_positions(storage: Storage, run: str, positions: Iterable[Position]) -> int:
    """Write `positions` (in order of time) of `run`, one file for each hour of fleet time; how many there were."""
    written = 0
    for _, hour in groupby(positions, key=lambda position: position.time // HOUR):
        rows = list(hour)
        table = pa.table({name: [getattr(row, name) for row in rows] for name in NAMES}, schema=SCHEMA)
        sink = io.BytesIO()
        pq.write_table(table, sink, row_group_size=GROUP)
        storage.write(layout.positions(rows[0].time, run), sink.getvalue())
        written += len(rows)
    return written


def read_positions(storage: Storage, run: str) -> pa.Table:
    """Everybody's positions in one track run, in order of time."""
    files = [path for path in storage.list("positions") if path.rsplit("/", 1)[-1].startswith(f"{run}-")]
    tables = [pq.read_table(io.BytesIO(storage.read(path)), schema=SCHEMA) for path in files]
    return pa.concat_tables(tables) if tables else SCHEMA.empty_table()
