"""What a camera sees: the picture of a moment from the footage in the store, and the boxes of who was seen in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select

from components.contracts import UNKNOWN, InputError
from components.dashboard.answers import Box, View
from components.dashboard.positions import reaching
from components.database.database import Database
from components.database.schema import LatestSighting, SegmentRow
from components.storage.storage import Storage

HOUR = 3_600_000_000_000  # ns
NEAR = 1_000_000_000  # ns: sightings this near to a moment belong to it
COLUMNS = ["time", "track", "person", "role", "confidence", "x1", "y1", "x2", "y2"]
Row = dict[str, Any]
Still = Callable[[Path, int], bytes]  # footage, ns since its first frame -> JPEG


class NoPictureError(InputError):
    """There is no footage of that moment."""


@dataclass(frozen=True, slots=True)
class _Footage:
    path: str
    start: int


class Pictures:
    """Pictures from `storage`, cut out of their footage by `still`."""

    def __init__(self, storage: Storage, database: Database, still: Still) -> None:
        self._storage, self._database, self._still = storage, database, still

    def jpeg(self, camera: str, time: int) -> bytes:
        """The picture of `camera` at the fleet time `time` (ns). Raises NoPictureError where nothing was recorded then."""
        footage = self._footage(camera, time)
        if footage is None:
            raise NoPictureError(
                self._deleted(camera, time)
                or f"no footage of {camera} at that moment is in the store; python -m flows.ingest records what cameras see"
            )
        return self._still(self._storage.fetch(footage.path), time - footage.start)

    def view(self, run: str, camera: str, time: int) -> View:
        """Whether there is a picture, and the boxes of the people whom `run` saw at the moment nearest to `time`."""
        rows = self._written(run, camera, time) or self._latest(run, camera, time)
        at = min((row["time"] for row in rows), key=lambda seen: abs(seen - time), default=time)
        return View(
            camera=camera, at_ms=at // 1_000_000, footage=self._footage(camera, at) is not None,
            boxes=[_box(row) for row in rows if row["time"] == at],
        )  # fmt: skip

    def _footage(self, camera: str, time: int) -> _Footage | None:
        covering = (SegmentRow.camera == camera, SegmentRow.start <= time, SegmentRow.end > time, SegmentRow.deleted.is_(None))
        query = select(SegmentRow.path, SegmentRow.start).where(*covering).order_by(SegmentRow.start.desc()).limit(1)
        with self._database.session() as session:
            row = session.execute(query).first()
            return _Footage(*row) if row else None

    def _deleted(self, camera: str, time: int) -> str:
        """By which rule, and when, what was recorded at `time` was deleted; empty where it was not."""
        covering = (SegmentRow.camera == camera, SegmentRow.start <= time, SegmentRow.end > time, SegmentRow.deleted.is_not(None))
        with self._database.session() as session:
            row = session.scalars(select(SegmentRow).where(*covering).limit(1)).first()
            if row is None or row.deleted is None:
                return ""
            day = datetime.fromtimestamp(row.deleted / 1e9, UTC)
            return f"the footage of {camera} of that moment was deleted under retention rule {row.deleted_by} on {day:%Y-%m-%d}"

    def _latest(self, run: str, camera: str, time: int) -> list[Row]:
        ours = (LatestSighting.run == run, LatestSighting.camera == camera)
        with self._database.session() as session:
            rows = session.scalars(select(LatestSighting).where(*ours)).all()
            plain = ("time", "track", "person", "role", "confidence")
            found = [
                {name: getattr(row, name) for name in plain} | dict(zip(("x1", "y1", "x2", "y2"), row.box, strict=True))
                for row in rows
            ]
        return [row for row in found if abs(row["time"] - time) <= NEAR]

    def _written(self, run: str, camera: str, time: int) -> list[Row]:
        found: list[Row] = []
        for hour in sorted({(time - HOUR) // HOUR, time // HOUR}):
            at = datetime.fromtimestamp(hour * 3600, UTC)
            for path in self._storage.list(f"sightings/date={at:%Y-%m-%d}/hour={at:%H}/camera={camera}"):
                if path.rsplit("/", 1)[-1].startswith(f"{run}-") and _start(path) <= time + NEAR:
                    found += self._near(path, time)
        return found

    def _near(self, path: str, time: int) -> list[Row]:
        try:
            with pq.ParquetFile(self._storage.fetch(path)) as file:
                groups = reaching(file, time - NEAR, time + NEAR)
                rows = file.read_row_groups(groups, columns=COLUMNS, use_threads=False).to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"sightings {path}: cannot be read: {error}; remove the file and run `python -m flows.track` again"
            ) from error
        return [row for row in rows if abs(row["time"] - time) <= NEAR]


def _start(path: str) -> int:
    return int(path.removesuffix(".parquet").rsplit("-", 1)[-1])


def _box(row: Row) -> Box:
    corners = [round(float(row[name]), 1) for name in ("x1", "y1", "x2", "y2")]
    return Box(
        track=row["track"], person=row["person"], role=row["role"] or UNKNOWN, confidence=round(row["confidence"], 2), box=corners
    )
