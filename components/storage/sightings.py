"""Sightings on their way to people: Parquet in the store for what was, rows in the database for what is."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import delete

from components.contracts import Frame, Sighting
from components.database.database import Database
from components.database.schema import LatestSighting
from components.storage import layout
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


class SightingStore:
    """Writes Parquet files per camera and hour, and keeps current positions in the database up to date.

    Files are cut by fleet time and `limit` (frames in memory), so the same sightings make the same files. `run` is the
    key that their names begin with. Current positions are written every `every` seconds, and when the run ends.
    """

    def __init__(
        self, *, storage: Storage, database: Database, run: str, cameras: Sequence[str], limit: int = 20_000, every: float = 1.0
    ) -> None:
        self._storage, self._database, self._run, self._limit, self._every = storage, database, run, limit, every
        self._pending: dict[str, Pending] = {camera: Pending() for camera in cameras}
        self._latest: dict[tuple[str, int], Sighting] = {}
        self._looked: dict[tuple[str, int], int] = {}  # track -> when its features were kept last
        self._flushed, self._now = 0.0, 0
        self.written = 0
        self._write_latest()

    def write(self, frame: Frame, sightings: Sequence[Sighting]) -> None:
        pending = self._pending[frame.camera.id]
        if pending.frames and (len(pending.frames) >= self._limit or frame.time // HOUR != pending.start // HOUR):
            self._flush(frame.camera.id)
            pending = self._pending[frame.camera.id]
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

    def _flush(self, camera: str) -> None:
        """Sightings before frames: a frame that is listed has all its sightings in the store."""
        pending, self._pending[camera] = self._pending[camera], Pending()
        if not pending.frames:
            return
        rows = pending.sightings
        columns = {name: [getattr(row, name) for row in rows] for name in NAMES}
        columns |= {name: [row.box[i] for row in rows] for i, name in enumerate(CORNERS)}
        self._put(layout.sightings(camera, pending.start, self._run), pa.table(columns, schema=SCHEMA))
        if pending.looks:
            self._put(
                layout.features(camera, pending.start, self._run), pa.Table.from_pylist(list(map(_look, pending.looks)), FEATURES)
            )
        self._put(layout.frames(camera, pending.start, self._run), pa.Table.from_pylist(pending.frames, schema=FRAMES))
        self.written += len(rows)

    def _put(self, path: str, table: pa.Table) -> None:
        sink = io.BytesIO()
        pq.write_table(table, sink, row_group_size=GROUP)
        self._storage.write(path, sink.getvalue())

    def _write_latest(self) -> None:
        """One transaction: readers see the positions of before, or those of now."""
        self._flushed = time.monotonic()
        self._latest = {key: row for key, row in self._latest.items() if self._now - row.time <= GONE}
        self._looked = {key: time for key, time in self._looked.items() if key in self._latest}
        with self._database.session() as session:
            session.execute(delete(LatestSighting).where(LatestSighting.camera.in_(list(self._pending))))
            session.add_all(_newest(row, self._run) for row in self._latest.values())

    def _look_is_due(self, sighting: Sighting) -> bool:
        key = (sighting.camera, sighting.track)
        if not sighting.feature.size or sighting.time - self._looked.get(key, -SECOND) < SECOND:
            return False
        self._looked[key] = sighting.time
        return True


def _look(row: Sighting) -> dict[str, object]:
    return {"camera": row.camera, "track": row.track, "time": row.time, "feature": row.feature.astype(np.float16)}


def _newest(row: Sighting, run: str) -> LatestSighting:
    return LatestSighting(
        camera=row.camera, track=row.track, run=run, time=row.time, person=row.person, role=row.role, confidence=row.confidence,
        x=row.x, y=row.y, uncertainty=row.uncertainty, zone=row.zone, box=list(row.box), reason=row.reason,
        feature=row.feature.astype("<f2").tobytes(),
    )  # fmt: skip


def read_sightings(storage: Storage, run: str) -> pa.Table:
    """All sightings of one track run."""
    return _read(storage, "sightings", run, SCHEMA)


def read_frames(storage: Storage, run: str) -> pa.Table:
    """Which frames one track run has looked at: camera, time, frame, segment, people."""
    return _read(storage, "frames", run, FRAMES)


def read_features(storage: Storage, run: str) -> pa.Table:
    """What the tracks of one run look like, about once a second: camera, track, time, feature."""
    return _read(storage, "features", run, FEATURES)


def _read(storage: Storage, prefix: str, run: str, schema: pa.Schema) -> pa.Table:
    files = [path for path in storage.list(prefix) if path.rsplit("/", 1)[-1].startswith(f"{run}-")]
    read: Callable[[str], pa.Table] = lambda path: pq.read_table(io.BytesIO(storage.read(path)), schema=schema)  # noqa: E731
    return pa.concat_tables(map(read, files)) if files else schema.empty_table()
