"""What a track run saw: windows of its sighting files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise, starmap

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.contracts import InputError
from components.dashboard.marks import Seen
from components.storage.storage import Storage

HOUR = 3_600_000_000_000  # ns
FARTHEST = 48  # hours back that a run which has not ended is looked for
MOST_ROWS = 300_000  # of one window, so that a request takes a few hundred MB at the very most
COLUMNS = ["camera", "track", "time", "person", "role", "confidence", "x", "y", "uncertainty", "zone"]


class TooManyError(InputError):
    """A window holds more than one answer should."""


@dataclass(frozen=True, slots=True)
class Part:
    """One sighting file."""

    path: str
    camera: str
    start: int  # fleet time of its first row, ns


class Sightings:
    """The sightings in `storage`: `sightings/date=<utc>/hour=<hh>/camera=<id>/<run>-<start ns>.parquet`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def window(self, run: str, start: int, end: int) -> list[Seen]:
        """Everything that `run` saw and could place in fleet time `start` <= t < `end` (ns), sorted by time.

        Raises TooManyError where that is more than `MOST_ROWS`, InputError where a file cannot be read.
        """
        rows: list[Seen] = []
        for part in self._covering(run, start, end):
            table = self._between(part, start, end)
            rows.extend(starmap(Seen, zip(*(table[name].to_pylist() for name in COLUMNS), strict=True)))
            if len(rows) > MOST_ROWS:
                raise TooManyError(
                    f"run {run}: more than {MOST_ROWS} sightings from {start} to {end} ns; ask for a shorter window"
                )
        return sorted(rows, key=lambda seen: (seen.time, seen.camera, seen.track))

    def extent(self, run: str, near: int) -> tuple[int, int] | None:
        """From when to when `run` saw anybody (fleet time, ns), looked for from the hour of `near` backwards; None: no file."""
        parts: list[Part] = []
        for back in range(FARTHEST):
            found = self._parts(run, near - back * HOUR)
            parts += found
            if back and not found:
                break
        if not parts:
            return None
        newest = {part.camera: part for part in sorted(parts, key=lambda part: part.start)}
        return min(part.start for part in parts), max(self._last(part) for part in newest.values())

    def camera_version(self, run: str, start: int) -> tuple[str, str] | None:
        """The id and version of one camera that `run` used in the hour of `start` (fleet time, ns)."""
        for part in self._parts(run, start):
            rows = self._read(part, ["camera", "camera_version"]).slice(0, 1).to_pylist()
            if rows:
                return rows[0]["camera"], rows[0]["camera_version"]
        return None

    def _covering(self, run: str, start: int, end: int) -> Iterator[Part]:
        """The parts that can hold rows of the window: they begin before its end, and the camera's next part after its start."""
        hours = range(start // HOUR - 1, (end - 1) // HOUR + 1)
        cameras: dict[str, list[Part]] = {}
        for part in (part for hour in hours for part in self._parts(run, hour * HOUR)):
            cameras.setdefault(part.camera, []).append(part)
        for parts in cameras.values():
            ordered = sorted(parts, key=lambda part: part.start)
            yield from (part for part, after in pairwise(ordered) if part.start < end and after.start > start)
            yield from (part for part in ordered[-1:] if part.start < end)

    def _parts(self, run: str, time: int) -> list[Part]:
        """The parts of `run` in the hour of `time`."""
        hour = datetime.fromtimestamp(time // HOUR * 3600, UTC)
        paths = self._storage.list(f"sightings/date={hour:%Y-%m-%d}/hour={hour:%H}")
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
                table = file.read_row_groups(_reaching(file, *window), columns=columns, use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"sightings {part.path}: cannot be read: {error}; remove the file and run `python -m flows.track` again"
            ) from error
        if missing := sorted(set(columns) - set(table.column_names)):
            raise InputError(
                f"sightings {part.path}: no column {', '.join(missing)}; expected a file written by `python -m flows.track`"
            )
        return table


def _part(path: str) -> Part:
    folder, name = path.rsplit("/", 2)[-2:]
    return Part(path, folder.removeprefix("camera="), int(name.removesuffix(".parquet").rsplit("-", 1)[-1]))


def _reaching(file: pq.ParquetFile, start: int, end: int) -> list[int]:
    """The groups of rows whose times may lie in `start` <= t < `end`, by the file's own statistics."""
    column = file.schema_arrow.names.index("time") if "time" in file.schema_arrow.names else 0
    found = []
    for i in range(file.metadata.num_row_groups):
        times = file.metadata.row_group(i).column(column).statistics
        if times is None or not times.has_min_max or not isinstance(times.min, int) or (times.min < end and times.max >= start):
            found.append(i)
    return found
