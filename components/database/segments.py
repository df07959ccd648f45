"""Rows about raw footage."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from components.contracts import Calibration, Camera, Matrix3, Segment
from components.database.database import Database
from components.database.schema import CameraVersion, SegmentRow


class Segments:
    """Which raw footage is in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, segment: Segment, codec: str, size: int) -> bool:
        """Record a segment whose file is already in the store; False where it was known."""
        key = {"camera": segment.camera.id, "sha256": segment.sha256, "start": segment.start}
        rest = {"camera_version": segment.camera.version, "end": segment.end, "frames": segment.frames, "path": segment.path}

        def enter(session: Session) -> bool:
            if session.get(SegmentRow, key):
                return False
            session.add(SegmentRow(**key, **rest, bytes=size, codec=codec))
            return True

        return self._database.apply(enter)

    def of(self, cameras: Sequence[str], version: str | None = None) -> list[Segment]:
        """Every segment of the given cameras, in order of camera and time."""
        query = (
            select(SegmentRow)
            .where(SegmentRow.camera.in_(list(cameras)))
            .order_by(SegmentRow.camera, SegmentRow.start, SegmentRow.sha256)
        )
        with self._database.session() as session:
            versions = {(row.id, row.version): _camera(row) for row in session.scalars(select(CameraVersion))}
            return [
                Segment(versions[row.camera, row.camera_version], row.sha256, row.start, row.end, row.frames, row.path)
                for row in session.scalars(query)
                if version in (None, row.camera_version)
            ]

    def valid(self, cameras: Sequence[str]) -> list[Segment]:
        """Those segments whose camera version was the valid one when they were recorded: a moved camera's pictures, as they were.

        Footage of a version that the registry has replaced from that moment on is left out.
        """
        query = select(CameraVersion).where(CameraVersion.id.in_(list(cameras)))
        with self._database.session() as session:
            periods = {(row.id, row.version): (row.valid_from, row.valid_until) for row in session.scalars(query)}
        return [item for item in self.of(cameras) if _within(item.start, *periods[item.camera.id, item.camera.version])]


def _within(moment: int, start: int, end: int | None) -> bool:
    return start <= moment and (end is None or moment < end)


def _camera(row: CameraVersion) -> Camera:
    known = row.calibration
    calibration = known and Calibration(
        _matrix(known["matrix"]), tuple(known["distortion"]), _matrix(known["rotation"]), tuple(known["translation"]),
        tuple(known["size"]),
    )  # fmt: skip
    return Camera(row.id, row.location, _matrix(row.homography), calibration or None)


def _matrix(rows: Sequence[Sequence[float]]) -> Matrix3:
    a, b, c = (tuple(float(value) for value in row) for row in rows)
    return a, b, c  # type: ignore[return-value]
