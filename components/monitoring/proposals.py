"""What is proposed about cameras that have moved, until people decide; what they accept is in the registry from then on."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from components.contracts import Camera, InputError
from components.database.database import Database
from components.database.registry import Registry, Version
from components.database.schema import CameraProposalRow, SegmentRow
from components.monitoring.moved import Moved, since

State = Literal["proposed", "accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One move of one camera, as the database has it."""

    camera: str
    version: str  # that holds no more, as the pictures say
    moved: int  # fleet time (ns): the first picture of the new place, and the last of the old one
    in_place: int
    pixels: float | None  # None: nothing of the old view is left
    metres: float | None  # on the floor; None: nobody knows
    confidence: float
    reliable: bool  # whether the new floor mapping follows from the picture
    state: State
    decided_by: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an accepted proposal has changed."""

    camera: Camera  # as it hangs since
    site: str
    since: int  # fleet time, ns
    segments: int  # pieces of footage that are of the new version now
    across: int  # pieces that were being recorded at that moment: they stay with the old version


class Proposals:
    """All proposals of one database."""

    def __init__(self, database: Database) -> None:
        self._database, self._registry = database, Registry(database)

    def add(self, found: Moved) -> bool:
        """Note a move; False where it was known, whatever people have decided about it."""
        key = {"camera": found.camera.id, "version": found.camera.version, "moved": found.moved}
        row = {
            "in_place": found.in_place, "found": time.time_ns(), "confidence": found.confidence,
            "pixels": found.pixels if math.isfinite(found.pixels) else -1.0,
            "metres": found.metres if math.isfinite(found.metres) else None,
            "homography": None if found.mapping is None else [list(line) for line in found.mapping],
        }  # fmt: skip

        def enter(session: Session) -> bool:
            if session.get(CameraProposalRow, key):
                return False
            session.add(CameraProposalRow(**key, **row, state="proposed", decided=None, decided_by=""))
            return True

        return self._database.apply(enter)

    def all(self) -> list[Proposal]:
        """Every proposal, the newest move first."""
        with self._database.session() as session:
            order = (CameraProposalRow.moved.desc(), CameraProposalRow.camera)
            return [_plain(row) for row in session.scalars(select(CameraProposalRow).order_by(*order))]

    def refused(self, version: Version) -> int:
        """The last moment (ns) of which people have said that this version was not moved, whatever is seen; 0: never."""
        mine = [each for each in self.all() if (each.camera, each.version) == (version.camera.id, version.camera.version)]
        return max((each.moved for each in mine if each.state == "refused"), default=0)

    def refuse(self, camera: str, *, who: str) -> Proposal:
        """The camera's open proposal is wrong: it hangs as it did."""
        return self._decide(self._open(camera), "refused", who)

    def enter(self, placed: Camera, at: int, *, who: str) -> Accepted:
        """Somebody knows that a camera hangs as `placed` since `at` (fleet time, ns): as if that had been proposed."""
        known = next((each for each in self._registry.versions(placed.id) if each.valid_from <= at and not _over(each, at)), None)
        if known is None:
            raise InputError(
                f"camera {placed.id}: the registry knows none at {at} ns; record its footage first, with flows.ingest"
            )
        if known.camera.version == placed.version:
            raise InputError(f"camera {placed.id}: it hung so at that time already, as version {placed.version[:12]}")
        nan = float("nan")
        self.add(Moved(known.camera, at - 1, at, nan, nan, 1.0, None, f"entered by {who}"))
        mine = next(
            each for each in self.all() if (each.camera, each.version, each.moved) == (placed.id, known.camera.version, at)
        )
        return self._accepted(mine, who, placed)

    def accept(self, camera: str, *, who: str, placed: Camera | None = None) -> Accepted:
        """The camera's open proposal is right: a new version from that moment on, and the footage since then is of it.

        `placed` is the camera as somebody has calibrated it anew; else its floor mapping follows from the move of its picture.
        Raises InputError where there is no proposal, or it does not tell the new mapping.
        """
        return self._accepted(self._open(camera), who, placed)

    def _accepted(self, proposal: Proposal, who: str, placed: Camera | None) -> Accepted:
        camera = proposal.camera
        known = [each for each in self._registry.versions(camera) if each.camera.version == proposal.version]
        version = next((each for each in known if each.valid_from <= proposal.moved and not _over(each, proposal.moved)), None)
        if version is None:
            raise InputError(
                f"camera {camera}: version {proposal.version[:12]} does not hold at the proposed moment any more; "
                "refuse the proposal"
            )
        now = placed or self._carried(version.camera, proposal)
        self._registry.add_camera(now, version.site, proposal.moved)
        segments, across = self._rebind(proposal, now.version, version.valid_until)
        self._decide(proposal, "accepted", who)
        return Accepted(now, version.site, proposal.moved, segments, across)

    def _carried(self, camera: Camera, proposal: Proposal) -> Camera:
        with self._database.session() as session:
            mapping = session.get_one(CameraProposalRow, _key(proposal)).homography
        found = since(camera, np.array(mapping, np.float64)) if mapping else None
        if found is None:
            raise InputError(
                f"camera {camera.id}: its picture does not tell its new floor mapping; find it with python -m flows.calibrate "
                f"camera={camera.id}, and give homography=FILE or calibration=FILE"
            )
        return found

    def _rebind(self, proposal: Proposal, version: str, until: int | None) -> tuple[int, int]:
        """Footage from the moment on, as far as the old version held, becomes the new version's."""
        mine = (SegmentRow.camera == proposal.camera, SegmentRow.camera_version == proposal.version)
        later = [SegmentRow.start >= proposal.moved, *([SegmentRow.start < until] if until is not None else [])]
        across = (SegmentRow.start < proposal.moved, SegmentRow.end > proposal.moved)

        def change(session: Session) -> tuple[int, int]:
            cut = len(session.scalars(select(SegmentRow.start).where(*mine, *across)).all())
            count = len(session.scalars(select(SegmentRow.start).where(*mine, *later)).all())
            session.execute(update(SegmentRow).where(*mine, *later).values(camera_version=version))
            return count, cut

        return self._database.apply(change)

    def _open(self, camera: str) -> Proposal:
        mine = [each for each in self.all() if each.camera == camera and each.state == "proposed"]
        if not mine:
            raise InputError(f"camera {camera}: nothing is proposed about it; look with python -m flows.moved only=[{camera}]")
        return mine[-1]

    def _decide(self, proposal: Proposal, state: State, who: str) -> Proposal:
        def change(session: Session) -> Proposal:
            row = session.get_one(CameraProposalRow, _key(proposal))
            row.state, row.decided, row.decided_by = state, time.time_ns(), who
            return _plain(row)

        return self._database.apply(change)


def _over(version: Version, time: int) -> bool:
    return version.valid_until is not None and version.valid_until <= time


def _key(proposal: Proposal) -> dict[str, object]:
    return {"camera": proposal.camera, "version": proposal.version, "moved": proposal.moved}


def _plain(row: CameraProposalRow) -> Proposal:
    return Proposal(
        row.camera, row.version, row.moved, row.in_place, row.pixels if row.pixels >= 0 else None, row.metres, row.confidence,
        row.homography is not None, row.state, row.decided_by,  # type: ignore[arg-type]
    )  # fmt: skip
