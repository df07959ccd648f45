"""Sightings on their way to people: Parquet in the store for what was, rows in the database for what is."""

from __future__ import annotations

import heapq
import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from components.contracts import Frame, Sighting
from components.database.database import Database
from components.database.schema import LatestSighting
from components.storage import layout
from components.storage.outlet import AtOnce, Outlet
from components.storage.storage import Storage

HOUR = 3_600_000_000_000  # ns
GONE = 5_000_000_000  # ns; who has not been seen for so long has no current position
SECOND = 1_000_000_000  # ns: how often what a track looks like is kept
GROUP = 5_000  # rows that a reader of a short window has to look at
TEXT = {"camera", "camera_version", "segment", "person", "role", "zone", "reason"}
WHOLE = {"track", "time", "frame", "segment_time"}
CORNERS = ("x1", "y1", "x2", "y2")
NAMES = tuple(item.name for item in fields(Sighting) if item.name not in ("box", "feature"))
SCHEMA = pa.schema(
    [(name, pa.string() if name in TEXT else pa.int64() if name in WHOLE else pa.float64()) for name in NAMES]
    + [(name, pa.float32()) for name in CORNERS]
)
FRAMES = pa.schema({"camera": pa.string(), "time": pa.int64(), "frame": pa.int64(), "segment": pa.string(), "people": pa.int32()})
FEATURES = pa.schema({"camera": pa.string(), "track": pa.int64(), "time": pa.int64(), "feature": pa.list_(pa.float16())})


@dataclass(slots=True)
class Pending:
    """What one camera has seen since its last file: frames with nobody in them count."""

    frames: list[dict[str, object]] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    looks: list[Sighting] = field(default_factory=list)  # those whose features are kept
    start: int = 0
    begun: float = field(default_factory=time.monotonic)


class SightingStore:
    """Writes Parquet files per camera and stretch of time, and keeps current sightings in the database up to date.

    Files are cut at every multiple of `seconds` of fleet time and after `limit` frames, so the same sightings make the same
    files. `run` is the key that their names begin with. Current sightings are written every `every` seconds, and when the run
    ends. With an `outlet` of its own nothing here waits for store or database.
    """

    def __init__(
        self, *, storage: Storage, database: Database, run: str, cameras: Sequence[str], limit: int = 20_000, every: float = 1.0,
        seconds: int = 3600, outlet: Outlet | None = None,
    ) -> None:  # fmt: skip
        self._outlet, self._live = outlet or AtOnce(storage, database), outlet is not None
        self._run, self._limit, self._every, self._length = run, limit, every, seconds * SECOND
        self._pending: dict[str, Pending] = {camera: Pending() for camera in cameras}
        self._latest: dict[tuple[str, int], Sighting] = {}
        self._looked: dict[tuple[str, int], int] = {}  # track -> when its features were kept last
        self._flushed, self._now = 0.0, 0
        self.written = 0
        self._write_latest()

    def write(self, frame: Frame, sightings: Sequence[Sighting]) -> None:
        self._cut(frame)
        pending = self._pending.setdefault(frame.camera.id, Pending())  # a fleet may get more cameras while it is watched
        pending.start = pending.start if pending.frames else frame.time
        row = {
            "camera": frame.camera.id,
            "time": frame.time,
            "frame": frame.index,
            "segment": frame.segment,
            "people": len(sightings),
        }
        pending.frames.append(row)
        pending.sightings.extend(sightings)
        pending.looks.extend(sighting for sighting in sightings if self._look_is_due(sighting))
        self._latest.update({(sighting.camera, sighting.track): sighting for sighting in sightings})
        self._now = max(self._now, frame.time)
        if time.monotonic() - self._flushed >= self._every:
            self._write_latest()

    def close(self) -> None:
        """Write what is still in memory."""
        for camera in self._pending:
            self._flush(camera)
        self._write_latest()
        self._outlet.close()

    def _cut(self, frame: Frame) -> None:
        """End the files that `frame` has no place in: its own camera's, and those of cameras that fell silent long ago."""
        for camera, pending in self._pending.items():
            over = camera == frame.camera.id and frame.time // self._length != pending.start // self._length
            silent = self._live and (time.monotonic() - pending.begun) * SECOND > 2 * self._length
            if pending.frames and (over or silent or len(pending.frames) >= self._limit):
                self._flush(camera)

    def _flush(self, camera: str) -> None:
        """Sightings before frames: a frame that is listed has all its sightings in the store."""
        pending, self._pending[camera] = self._pending[camera], Pending()
        if not pending.frames:
            return
        self._outlet.file(layout.sightings(camera, pending.start, self._run), lambda: _sightings(pending.sightings))
        if pending.looks:
            looks = pending.looks
            self._outlet.file(
                layout.features(camera, pending.start, self._run),
                lambda: _parquet(pa.Table.from_pylist(list(map(_look, looks)), FEATURES)),
            )
        frames = pending.frames
        self._outlet.file(
            layout.frames(camera, pending.start, self._run), lambda: _parquet(pa.Table.from_pylist(frames, schema=FRAMES))
        )
        self.written += len(pending.sightings)

    def _write_latest(self) -> None:
        """One transaction: readers see the sightings of before, or those of now."""
        self._flushed = time.monotonic()
        self._latest = {key: row for key, row in self._latest.items() if self._now - row.time <= GONE}
        self._looked = {key: time for key, time in self._looked.items() if key in self._latest}
        cameras, newest, run = list(self._pending), list(self._latest.values()), self._run

        def change(session: Session) -> None:
            session.execute(delete(LatestSighting).where(LatestSighting.camera.in_(cameras)))
            if newest:
                session.execute(insert(LatestSighting), [_newest(row, run) for row in newest])

        self._outlet.rows(change)

    def _look_is_due(self, sighting: Sighting) -> bool:
        key = (sighting.camera, sighting.track)
        if not sighting.feature.size or sighting.time - self._looked.get(key, -SECOND) < SECOND:
            return False
        self._looked[key] = sighting.time
        return True


def _sightings(rows: Sequence[Sighting]) -> bytes:
    columns = {name: [getattr(row, name) for row in rows] for name in NAMES}
    columns |= {name: [row.box[i] for row in rows] for i, name in enumerate(CORNERS)}
    return _parquet(pa.table(columns, schema=SCHEMA))


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=GROUP)
    return sink.getvalue()


def _look(row: Sighting) -> dict[str, object]:
    return {"camera": row.camera, "track": row.track, "time": row.time, "feature": row.feature.astype(np.float16)}


def _newest(row: Sighting, run: str) -> dict[str, object]:
    return {
        "camera": row.camera, "track": row.track, "run": run, "time": row.time, "person": row.person, "role": row.role,
        "confidence": row.confidence, "x": row.x, "y": row.y, "uncertainty": row.uncertainty, "zone": row.zone,
        "box": list(row.box), "reason": row.reason, "feature": row.feature.astype("<f2").tobytes(),
    }  # fmt: skip


def read_sightings(storage: Storage, run: str) -> pa.Table:
    """All sightings of one track run."""
    return _read(storage, "sightings", run, SCHEMA)


def sightings_in_order(storage: Storage, run: str) -> Iterator[Sighting]:
    """All sightings of one track run in order of time, then camera, with their features; a few rows of each camera in memory."""
    cameras: dict[str, list[str]] = {}
    for path in _files(storage, "sightings", run):
        cameras.setdefault(path.split("camera=")[1].split("/")[0], []).append(path)
    walks = [_of_camera(storage, paths) for paths in cameras.values()]
    return heapq.merge(*walks, key=lambda seen: (seen.time, seen.camera, seen.track))


def _of_camera(storage: Storage, paths: list[str]) -> Iterator[Sighting]:
    for path in sorted(paths, key=lambda path: int(path.rsplit("-", 1)[-1].removesuffix(".parquet"))):
        looks = path.replace("sightings/", "features/", 1)
        features = _rows(storage, looks, FEATURES) if storage.exists(looks) else iter(())
        look = next(features, None)
        for row in _rows(storage, path, SCHEMA):
            box = tuple(row.pop(name) for name in CORNERS)
            if look and (look["track"], look["time"]) == (row["track"], row["time"]):
                yield Sighting(**row, box=box, feature=np.asarray(look["feature"], np.float32))
                look = next(features, None)
            else:
                yield Sighting(**row, box=box)


def _rows(storage: Storage, path: str, schema: pa.Schema) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(storage.fetch(path)) as file:
        for batch in file.iter_batches(GROUP, columns=schema.names):
            yield from batch.to_pylist()


def read_frames(storage: Storage, run: str) -> pa.Table:
    """Which frames one track run has looked at: camera, time, frame, segment, people."""
    return _read(storage, "frames", run, FRAMES)


def read_features(storage: Storage, run: str) -> pa.Table:
    """What the tracks of one run look like, about once a second: camera, track, time, feature."""
    return _read(storage, "features", run, FEATURES)


def _read(storage: Storage, prefix: str, run: str, schema: pa.Schema) -> pa.Table:
    files = _files(storage, prefix, run)
    read: Callable[[str], pa.Table] = lambda path: pq.read_table(io.BytesIO(storage.read(path)), schema=schema)  # noqa: E731
    return pa.concat_tables(map(read, files)) if files else schema.empty_table()


def _files(storage: Storage, prefix: str, run: str) -> list[str]:
    return [path for path in storage.list(prefix) if path.rsplit("/", 1)[-1].startswith(f"{run}-")]


def walked(storage: Storage, run: str, since: int, until: int) -> pa.Table:
    """Who was where on the floor in one run, from `since` until before `until` (ns): camera, track, time, x, y."""
    kept = []
    for hour in range(since // HOUR, until // HOUR + 1):
        folder = layout.sightings("any", hour * HOUR, run).partition("/camera=")[0]
        for path in _files(storage, folder, run):
            table = pq.read_table(io.BytesIO(storage.read(path)), columns=["camera", "track", "time", "x", "y"])
            times = table["time"].to_numpy()
            kept.append(table.filter(pa.array((times >= since) & (times < until))))
    return pa.concat_tables(kept) if kept else SCHEMA.empty_table().select(["camera", "track", "time", "x", "y"])
