"""Who was where in a track run: windows of its position files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.contracts import InputError, Position
from components.storage.storage import Storage

HOUR = 3_600_000_000_000  # ns
FARTHEST = 48  # hours back that a run which has not ended is looked for
MOST_ROWS = 300_000  # of one window, so that a request takes a few hundred MB at the very most
COLUMNS = ["time", "identity", "person", "role", "confidence", "x", "y", "uncertainty", "zone", "cameras", "tracks", "reason"]


class TooManyError(InputError):
    """A window holds more than one answer should."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of positions."""

    path: str
    start: int  # fleet time of its first row, ns


class Positions:
    """The positions in `storage`: `positions/date=<utc>/hour=<hh>/<run>-<start ns>.parquet`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def window(self, run: str, start: int, end: int) -> list[Position]:
        """Everybody in `run` in fleet time `start` <= t < `end` (ns), sorted by time.

        Raises TooManyError where that is more than `MOST_ROWS`, InputError where a file cannot be read.
        """
        rows: list[Position] = []
        for part in self._covering(run, start, end):
            rows.extend(Position(**row) for row in self._between(part, start, end).to_pylist())
            if len(rows) > MOST_ROWS:
                raise TooManyError(
                    f"run {run}: more than {MOST_ROWS} positions from {start} to {end} ns; ask for a shorter window"
                )
        return sorted(rows, key=lambda at: (at.time, at.identity))

    def extent(self, run: str, near: int) -> tuple[int, int] | None:
        """From when to when `run` has positions (fleet time, ns), looked for from the hour of `near` backwards; None: no file."""
        parts: list[Part] = []
        for back in range(FARTHEST):
            found = self._parts(run, near - back * HOUR)
            parts += found
            if parts and not found:
                break
        if not parts:
            return None
        ordered = sorted(parts, key=lambda part: part.start)
        return ordered[0].start, self._last(ordered[-1])

    def _covering(self, run: str, start: int, end: int) -> Iterator[Part]:
        """The parts that can hold rows of the window: they begin before its end, and the next part after its start."""
        hours = range(start // HOUR - 1, (end - 1) // HOUR + 1)
        parts = sorted((part for hour in hours for part in self._parts(run, hour * HOUR)), key=lambda part: part.start)
        yield from (part for part, after in pairwise(parts) if part.start < end and after.start > start)
        yield from (part for part in parts[-1:] if part.start < end)

    def _parts(self, run: str, time: int) -> list[Part]:
        """The parts of `run` in the hour of `time`."""
        hour = datetime.fromtimestamp(time // HOUR * 3600, UTC)
        paths = self._storage.list(f"positions/date={hour:%Y-%m-%d}/hour={hour:%H}")
        return [_part(path) for path in paths if path.rsplit("/", 1)[-1].startswith(f"{run}-") and path.endswith(".parquet")]

    def _between(self, part: Part, start: int, end: int) -> pa.Table:
        table = self._read(part, COLUMNS, (start, end))
        inside = pc.and_(pc.greater_equal(table["time"], start), pc.less(table["time"], end))
        for column in ("x", "y", "uncertainty"):
            inside = pc.and_(inside, pc.is_finite(table[column]))
        return table.filter(inside)

    def _last(self, part: Part) -> int:
        return int(pc.max(self._read(part, ["time"])["time"]).as_py() or part.start)

    def _read(self, part: Part, columns: list[str], window: tuple[int, int] = (0, 1 << 62)) -> pa.Table:
        """The `columns` of the groups of rows that reach into the `window` of fleet time."""
        try:
            with pq.ParquetFile(self._storage.fetch(part.path)) as file:
                table = file.read_row_groups(reaching(file, *window), columns=columns, use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"positions {part.path}: cannot be read: {error}; remove the file and run `python -m flows.track` again"
            ) from error
        if missing := sorted(set(columns) - set(table.column_names)):
            raise InputError(
                f"positions {part.path}: no column {', '.join(missing)}; expected a file written by `python -m flows.track`"
            )
        return table


def _part(path: str) -> Part:
    return Part(path, int(path.removesuffix(".parquet").rsplit("-", 1)[-1]))


def reaching(file: pq.ParquetFile, start: int, end: int) -> list[int]:
    """The groups of rows whose times may lie in `start` <= t < `end`, by the file's own statistics."""
    column = file.schema_arrow.names.index("time") if "time" in file.schema_arrow.names else 0
    found = []
    for i in range(file.metadata.num_row_groups):
        times = file.metadata.row_group(i).column(column).statistics
        if times is None or not times.has_min_max or not isinstance(times.min, int) or (times.min < end and times.max >= start):
            found.append(i)
    return found
