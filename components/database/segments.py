"""Rows about raw footage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from components.contracts import Segment, Stamps
from components.database.database import Database
from components.database.registry import camera_of
from components.database.schema import CameraVersion, GapRow, SegmentRow

NEAR = 500_000_000  # ns between two pieces that follow on each other
LATEST = 10  # pieces of a camera among which the one that ends last is


@dataclass(frozen=True, slots=True)
class Arrived:
    """A segment whose file is in the store."""

    segment: Segment
    codec: str
    bytes: int
    stamps: Stamps | None = None


class Segments:
    """Which raw footage is in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, segment: Segment, codec: str, size: int, stamps: Stamps | None = None) -> bool:
        """Record a segment whose file is already in the store; False where it was known. One that was deleted is there again."""
        return self.add_all([Arrived(segment, codec, size, stamps)])[0]

    def add_all(self, pieces: Sequence[Arrived]) -> list[bool]:
        """As `add`, for many pieces of one camera in one transaction: it costs a tenth of as many."""
        starts = {piece.segment.start for piece in pieces}

        def enter(session: Session) -> list[bool]:
            there = select(SegmentRow).where(SegmentRow.camera == pieces[0].segment.camera.id, SegmentRow.start.in_(starts))
            known = {(row.sha256, row.start): row for row in session.scalars(there)}
            return [_entered(session, known, piece) for piece in pieces]

        return self._database.apply(enter) if pieces else []

    def gap(self, camera: str, until: int, reason: str, *, least: int, end: int | None = None) -> int:
        """Record why there is no footage before `until`, back to the footage before it; its length in ns.

        0 where there is none before it, or less than `least` is missing. The same gap counts once. Where footage from `until`
        to `end` comes later than that after it, what was a gap there is none any more.
        """
        before = select(SegmentRow.end).where(SegmentRow.camera == camera, SegmentRow.start < until)
        before = before.order_by(SegmentRow.start.desc()).limit(LATEST)  # not all: there may be years of it
        others = (GapRow.camera == camera, GapRow.start < until, GapRow.end <= until, GapRow.reason != reason[:1024])
        known = select(GapRow.end).where(*others)  # footage that was there, and had to go
        known = known.order_by(GapRow.start.desc()).limit(LATEST)

        def enter(session: Session) -> int:
            _filled(session, camera, until, end or until, least)
            start = max([*session.scalars(before), *session.scalars(known)], default=0)
            if not start or until - start < least:
                return 0
            session.merge(GapRow(camera=camera, start=start, end=until, reason=reason[:1024]))
            return int(until - start)

        return self._database.apply(enter)

    def gaps(self, camera: str, since: int, until: int) -> list[GapRow]:
        """Those known of a camera that touch an interval, in order."""
        touching = (GapRow.camera == camera, GapRow.start < until, GapRow.end > since)
        with self._database.session() as session:
            found = list(session.scalars(select(GapRow).where(*touching).order_by(GapRow.start)))
            session.expunge_all()
            return found

    def of(self, cameras: Sequence[str], version: str | None = None) -> list[Segment]:
        """Every segment of the given cameras that is there, in order of camera and time."""
        return self._found(cameras, *([SegmentRow.camera_version == version] if version is not None else []))

    def valid(self, cameras: Sequence[str]) -> list[Segment]:
        """Those segments whose camera version was valid when they began: a moved camera's pictures, as they were.

        Footage of a version that the registry has replaced from that moment on is left out.
        """
        hung = (CameraVersion.id == SegmentRow.camera, CameraVersion.version == SegmentRow.camera_version)
        before_the_end = or_(CameraVersion.valid_until.is_(None), CameraVersion.valid_until > SegmentRow.start)
        return self._found(cameras, exists().where(*hung, CameraVersion.valid_from <= SegmentRow.start, before_the_end))

    def gone(self, cameras: Sequence[str]) -> str:
        """What of the cameras' footage retention has deleted, by which rule and when; empty where there is nothing to say."""
        counted = (func.count(), func.min(SegmentRow.start), func.max(SegmentRow.end), func.max(SegmentRow.deleted))
        deleted = (SegmentRow.camera.in_(list(cameras)), SegmentRow.deleted.is_not(None))
        groups = (SegmentRow.camera, SegmentRow.deleted_by)
        with self._database.session() as session:
            rows = session.execute(select(*groups, *counted).where(*deleted).group_by(*groups).order_by(*groups)).all()
        return "; ".join(
            f"footage of {camera} from {_shown(start)} to {_shown(end)} ({number} pieces) was deleted "
            f"under retention rule {rule} on {_shown(when)[:10]}"
            for camera, rule, number, start, end, when in rows
        )

    def _found(self, cameras: Sequence[str], *which: ColumnElement[bool]) -> list[Segment]:
        query = select(SegmentRow).where(SegmentRow.camera.in_(list(cameras)), SegmentRow.deleted.is_(None), *which)
        order = (SegmentRow.camera, SegmentRow.start, SegmentRow.sha256)
        known = select(CameraVersion).where(CameraVersion.id.in_(list(cameras)))
        with self._database.session() as session:
            versions = {(row.id, row.version): camera_of(row) for row in session.scalars(known)}
            return [
                Segment(
                    versions[row.camera, row.camera_version],
                    row.sha256,
                    row.start,
                    row.end,
                    row.frames,
                    row.path,
                    row.clock_correction,
                )
                for row in session.scalars(query.order_by(*order))
            ]


def _filled(session: Session, camera: str, start: int, end: int, least: int) -> None:
    """A gap that goes over the whole of this stretch is cut: what is left of it on both sides."""
    nearest = select(GapRow).where(GapRow.camera == camera, GapRow.start <= start + NEAR).order_by(GapRow.start.desc())
    for row in [row for row in session.scalars(nearest.limit(LATEST)) if end > start and row.end >= end - NEAR]:
        sides = [(row.start, start), (end, row.end)]
        session.delete(row)
        session.flush()
        session.add_all(GapRow(camera=camera, start=a, end=b, reason=row.reason) for a, b in sides if b - a >= least)


def _entered(session: Session, known: dict[tuple[str, int], SegmentRow], piece: Arrived) -> bool:
    """Whether it was not there; then it is `known` from now on."""
    segment, stamps = piece.segment, piece.stamps
    key = (segment.sha256, segment.start)
    if row := known.get(key):
        back, row.deleted, row.deleted_by = row.deleted is not None, None, ""
        return back
    clocks = {"received": stamps.received, "monotonic": stamps.monotonic, "source": stamps.source, "media": stamps.media,
              "clock_correction": stamps.correction} if stamps else {}  # fmt: skip
    known[key] = SegmentRow(
        camera=segment.camera.id, sha256=segment.sha256, start=segment.start, end=segment.end, frames=segment.frames,
        path=segment.path, camera_version=segment.camera.version, bytes=piece.bytes, codec=piece.codec, **clocks,
    )  # fmt: skip
    session.add(known[key])
    return True


def enter_loss(session: Session, camera: str, start: int, end: int, reason: str) -> bool:
    """Footage from `start` to `end` was there and had to go: a gap, or more of one with that reason. False where it was known."""
    about = (GapRow.camera == camera, GapRow.start <= start, GapRow.end >= start - NEAR, GapRow.reason == reason[:1024])
    row = session.scalars(select(GapRow).where(*about).order_by(GapRow.start.desc()).limit(1)).first()
    if row is None:
        session.merge(GapRow(camera=camera, start=start, end=end, reason=reason[:1024]))
        return True
    known, row.end = row.end >= end, max(row.end, end)
    return not known


def _shown(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1e9, UTC):%Y-%m-%d %H:%M}"
