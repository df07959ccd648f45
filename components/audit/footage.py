"""The footage behind a frame: its segment in the store, the camera as it hung then, the picture itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from components.audit.trail import Link, compared
from components.contracts import Bgr, Camera, digest_of
from components.database.database import Database
from components.database.registry import Registry, Version
from components.database.schema import SegmentRow
from components.storage.storage import Storage

MICROSECOND = 1000  # ns
PIECE = 8 * 2**20  # bytes of footage in memory


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a segment."""

    camera: str
    camera_version: str
    sha256: str
    start: int  # fleet time, ns
    end: int
    path: str
    source: int | None  # when the camera said that its first picture was taken, ns; None where it said nothing
    clock_correction: int  # ns that were added to that
    deleted: int | None  # ns since 1970
    deleted_by: str


def known(database: Database, camera: str, sha256: str) -> list[Known]:
    """The rows about a segment; the same file may have been recorded at several times."""
    query = select(SegmentRow).where(SegmentRow.camera == camera, SegmentRow.sha256 == sha256).order_by(SegmentRow.start)
    with database.session() as session:
        return [_known(row) for row in session.scalars(query)]


def every(database: Database) -> Iterator[Known]:
    """All segments that should be in the store."""
    query = select(SegmentRow).where(SegmentRow.deleted.is_(None)).order_by(SegmentRow.camera, SegmentRow.start)
    with database.session() as session:
        yield from map(_known, session.scalars(query.execution_options(yield_per=1000)))


def segment_link(storage: Storage, segment: Known) -> Link:
    """Whether the footage is, byte for byte, what was recorded. Raises InputError where the store has it no more."""
    facts = {"path": segment.path, "start": segment.start, "end": segment.end}
    if segment.deleted is not None:
        day = f"{datetime.fromtimestamp(segment.deleted / 1e9, UTC):%Y-%m-%d}"
        says = f"it was deleted under retention rule {segment.deleted_by} on {day}"
        return Link("segment", segment.sha256, "unknown", says, facts)
    what = f"the sha256 of {segment.path}"
    return compared(
        "segment", segment.sha256, found=_sha256(storage, segment.path), wanted=segment.sha256, what=what, facts=facts
    )


def camera_link(database: Database, camera: str, version: str, time: int) -> Link:
    """Whether the registry has that version of the camera, unchanged, and as the one that was valid at `time` (ns)."""
    versions = Registry(database).versions(camera)
    same = [one for one in versions if one.camera.version == version]
    if not same:
        there = ", ".join(one.camera.version[:12] for one in versions) or "none"
        changed = f"camera {camera} has no such version in the registry, only {there}: it was edited or removed"
        return Link("camera", f"{camera} {version[:12]}", "broken", changed)
    facts = {"camera": camera, "version": version, "location": same[0].camera.location, "homography": _rows(same[0].camera)}
    periods = [{"from": one.valid_from, "until": one.valid_until} for one in same]
    thing = f"{camera} {version[:12]}"
    if not any(_holds(one, time) for one in same):
        says = "the registry has replaced this version for that moment: the camera was found to have moved before it"
        return Link("camera", thing, "broken", says, {**facts, "valid": periods})
    says = f"the entry of the registry has the digest {version[:12]}, and was valid then"
    return Link("camera", thing, "verified", says, {**facts, "valid": periods})


def clock_link(segment: Known | None) -> Link:
    """Whether the segment begins when its camera said, with the correction that was written down."""
    if segment is None or segment.source is None:
        return Link("clock", "", "unknown", "the camera said no time of its own: fleet time is when its pictures came")
    facts = {"source": segment.source, "correction": segment.clock_correction, "start": segment.start}
    off = abs(segment.source + segment.clock_correction - segment.start)
    says = f"the camera's clock with a correction of {segment.clock_correction / 1e6:+.1f} ms"
    if off < MICROSECOND:
        return Link("clock", f"{segment.clock_correction} ns", "verified", f"{says} is the beginning of the segment", facts)
    return Link(
        "clock", f"{segment.clock_correction} ns", "broken", f"{says} is {off / 1e6:.1f} ms off the segment's beginning", facts
    )


def picture_digest(image: Bgr) -> str:
    """The sha256 of a decoded picture: its shape, and its pixels (h, w, 3) uint8 BGR row by row."""
    return digest_of([list(image.shape), hashlib.sha256(image.tobytes()).hexdigest()])


def _known(row: SegmentRow) -> Known:
    times = (row.start, row.end)
    clock = (row.source, row.clock_correction)
    return Known(row.camera, row.camera_version, row.sha256, *times, row.path, *clock, row.deleted, row.deleted_by)


def _sha256(storage: Storage, path: str) -> str:
    """Of what is in the store now, not of a copy of it."""
    whole, size, at = hashlib.sha256(), storage.size(path), 0
    while at < size and (piece := storage.read(path, start=at, size=min(PIECE, size - at))):
        whole.update(piece)
        at += len(piece)
    return whole.hexdigest()


def _holds(version: Version, time: int) -> bool:
    return version.valid_from <= time and (version.valid_until is None or time < version.valid_until)


def _rows(camera: Camera) -> list[list[float]]:
    return [list(map(float, row)) for row in camera.homography]
