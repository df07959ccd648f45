"""Walks through the footage of one camera, version by version, and notes where it has moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import cv2
import numpy as np
from annotated_types import Gt
from sqlalchemy import select

from components.contracts import InputError, Progress, Segment
from components.database.database import Database
from components.database.registry import Registry, Version
from components.database.schema import SegmentRow
from components.database.segments import Segments
from components.monitoring.background import Gray, gray
from components.monitoring.moved import Picture, Watch
from components.monitoring.proposals import Proposals
from components.samplers.fixed_rate import FixedRate
from components.sources.recorded import Recorded
from components.storage import layout
from components.storage.storage import Storage


def filmed(database: Database) -> list[str]:
    """The cameras that there is footage of."""
    with database.session() as session:
        query = select(SegmentRow.camera).where(SegmentRow.deleted.is_(None)).distinct()
        return sorted(session.scalars(query))


def look(
    camera: str, *, watch: Watch, seconds: Annotated[float, Gt(0)], storage: Storage, database: Database,
    progress: Progress = lambda _done, _total: None,
) -> dict[str, Any]:  # fmt: skip
    """Compare all footage of every version with the first of it; a move that is new is noted as a proposal.

    Returns how many pictures were looked at, how many proposals are new, and what could not be looked at.
    """
    registry, proposals = Registry(database), Proposals(database)
    segments = Segments(database).of([camera])
    seen, new, notes = 0, 0, list[str]()
    for version in registry.versions(camera):
        mine = [segment for segment in segments if _of(segment, version)]
        if not mine:
            continue
        after = proposals.refused(version)
        pictures = list[int]()
        walk = _pictures(mine, storage, seconds, after, pictures, progress, sum(segment.frames for segment in segments))
        reference = _reference(version, watch, mine, storage, seconds, after)
        if reference is None:
            notes.append(f"version {version.camera.version[:12]} has too little footage for a reference")
            continue
        found = watch.find(version.camera, reference, walk)
        new += bool(found and proposals.add(found))
        seen += len(pictures)
    return {"camera": camera, "pictures": seen, "new": new, "notes": notes}


def _of(segment: Segment, version: Version) -> bool:
    """Whether a piece of footage was recorded while the version held."""
    ended = version.valid_until is not None and segment.start >= version.valid_until
    return segment.camera.version == version.camera.version and version.valid_from <= segment.start and not ended


def _reference(
    version: Version, watch: Watch, segments: Sequence[Segment], storage: Storage, seconds: float, after: int
) -> Gray | None:
    """What the camera saw at first, which the store keeps when the footage is gone; None where there is too little.

    Where people have refused a move, what counts is what the camera saw from that moment on.
    """
    path = layout.background(version.camera.id, version.camera.version)
    if not after and storage.exists(path):
        kept = cv2.imdecode(np.frombuffer(storage.read(path), np.uint8), cv2.IMREAD_GRAYSCALE)
        if kept is not None:
            return np.asarray(kept, np.uint8)
    try:
        made = watch.reference(_pictures(segments, storage, seconds, after, [], lambda _done, _total: None, 0))
    except InputError:
        return None
    if not after:
        storage.write(path, bytes(cv2.imencode(".png", made)[1]))
    return made


def _pictures(
    segments: Sequence[Segment], storage: Storage, seconds: float, after: int, seen: list[int], progress: Progress, total: int
) -> Iterator[Picture]:
    """One picture every so many seconds from `after` (ns) on, small pieces of footage included; `seen` gets the time of each."""
    sampler, done = FixedRate(1 / seconds), 0
    for segment in segments:
        if segment.end <= after:
            continue
        for frame in Recorded(segment.camera, segments=[segment], storage=storage).frames(sampler):
            progress(min(done + frame.index, total), total)
            if frame.time >= after:
                seen.append(frame.time)
                yield Picture(frame.time, gray(frame.image))
        done += segment.frames
