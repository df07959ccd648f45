"""Where everybody was, for the whole site: Parquet in the store, a file for each stretch of time."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts import Position
from components.storage import layout
from components.storage.outlet import Outlet
from components.storage.storage import Storage

HOUR = 3_600_000_000_000  # ns
GROUP = 5_000  # rows in memory, and rows that a reader of a short window has to look at
LISTS = {"cameras", "tracks"}
NUMBERS = {"confidence", "x", "y", "uncertainty"}
NAMES = tuple(item.name for item in fields(Position))
STRINGS = pa.list_(pa.string())
SCHEMA = pa.schema(
    [
        (name, pa.int64() if name == "time" else STRINGS if name in LISTS else pa.float64() if name in NUMBERS else pa.string())
        for name in NAMES
    ]
)


class PositionStore:
    """Writes the positions of one run, in order of time, through `outlet`: a file per hour of fleet time, or per `length` (ns).

    Rows go to a file among this program's temporary ones, and on when it is full, so memory does not grow with the rows.
    """

    def __init__(self, outlet: Outlet, run: str, *, length: int = HOUR) -> None:
        self._outlet, self._run, self._length = outlet, run, length
        self._rows: list[Position] = []
        self._folder = tempfile.TemporaryDirectory(prefix="wardflow-positions-")
        self._writer: pq.ParquetWriter | None = None
        self._start = 0
        self.written = 0

    def write(self, positions: Sequence[Position]) -> None:
        for position in positions:
            if self._start and position.time // self._length != self._start // self._length:
                self.cut()
            self._start = self._start or position.time
            self._rows.append(position)
            if len(self._rows) >= GROUP:
                self._append()

    def cut(self) -> None:
        """End the file; what follows begins another."""
        self._append()
        if self._writer is not None:
            self._writer.close()
            content = self._file.read_bytes()
            self._file.unlink()
            self._outlet.file(layout.positions(self._start, self._run), lambda: content)
        self._writer, self._start = None, 0

    def close(self) -> None:
        self.cut()
        self._folder.cleanup()

    @property
    def _file(self) -> Path:
        return Path(self._folder.name) / f"{self._start}.parquet"

    def _append(self) -> None:
        if not self._rows:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, SCHEMA)
        self._writer.write_table(pa.table({name: [getattr(row, name) for row in self._rows] for name in NAMES}, schema=SCHEMA))
        self.written += len(self._rows)
        self._rows = []


def read_positions(storage: Storage, run: str) -> pa.Table:
    """Everybody's positions in one track run, in order of time."""
    tables = [pq.read_table(io.BytesIO(storage.read(path)), schema=SCHEMA) for path in _files(storage, run)]
    return pa.concat_tables(tables) if tables else SCHEMA.empty_table()


def positions_in_order(storage: Storage, run: str) -> Iterator[Position]:
    """The same one by one, with one group of rows in memory."""
    for path in _files(storage, run):
        with pq.ParquetFile(storage.fetch(path)) as file:
            for batch in file.iter_batches(GROUP):
                for row in batch.to_pylist():
                    yield Position(**{**row, "cameras": tuple(row["cameras"]), "tracks": tuple(row["tracks"])})


def there(storage: Storage, run: str) -> bool:
    """Whether any positions of `run` are in the store."""
    return bool(_files(storage, run))


def _files(storage: Storage, run: str) -> list[str]:
    return [path for path in storage.list("positions") if path.rsplit("/", 1)[-1].startswith(f"{run}-")]
