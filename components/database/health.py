"""How the cameras are doing."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import delete, select

from components.contracts import digest_of
from components.database.database import Database
from components.database.schema import CameraHealth, SpoolRow


@dataclass(frozen=True, slots=True)
class Report:
    """What a run has to say of one camera."""

    camera: str
    frames: int
    rejected: int
    first: int  # fleet time of the first and the last frame, ns
    last: int
    problem: str  # empty where all went well
    dropped: int = 0  # frames that a live camera delivered and nobody had time for
    silent: float = 0.0  # s that a live camera has said nothing for, where that is too long
    lately: float | None = None  # frames per second of the last few seconds, of a live camera
    expected: float = 0.0  # frames per second as a live camera declares them; 0: it does not

    @property
    def state(self) -> Literal["ok", "silent", "failed"]:
        return "failed" if self.problem else "silent" if self.silent else "ok"

    @property
    def message(self) -> str:
        return self.problem or (f"no picture for {self.silent:.0f} s" if self.silent else "")

    @property
    def fps(self) -> float:
        """Frames per second: lately, else of fleet time."""
        if self.lately is not None:
            return self.lately
        span = (self.last - self.first) / 1e9
        return (self.frames + self.rejected - 1) / span if span > 0 else 0.0


def report(database: Database, run: str, reports: list[Report], gone: Sequence[str] = ()) -> dict[str, str]:
    """Replace what was known of these cameras; of those that are `gone`, nobody asks how they do.

    Cameras that another run has reported since this one did last, with its id.
    """
    with database.session() as session:
        if gone:
            session.execute(delete(CameraHealth).where(CameraHealth.camera.in_(list(gone))))
        asked = select(CameraHealth).where(CameraHealth.camera.in_([item.camera for item in reports]))
        known = session.scalars(asked).all()  # all at once, so that `merge` does not ask for each
        others = {row.camera: row.run for row in known if row.run != run and row.reported}
        for item in reports:
            session.merge(
                CameraHealth(
                    camera=item.camera,
                    run=run,
                    state=item.state,
                    message=item.message[:2048],
                    last_frame=item.last,
                    frames=item.frames,
                    rejected=item.rejected,
                    dropped=item.dropped,
                    fps=item.fps,
                    expected=item.expected,
                    reported=0 if item.lately is None else time.time_ns(),
                )
            )
    return others


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits on a machine on its way to the store."""

    files: int
    bytes: int
    since: int | None  # when the oldest came, ns; None: nothing waits
    lost: int  # files that had to go
    problem: str


def report_waiting(database: Database, run: str, folder: Path, waiting: Waiting) -> None:
    """Replace what was known of what waits in `folder` of this machine."""
    machine, place = socket.gethostname(), str(folder.absolute())
    row = SpoolRow(
        place=digest_of([machine, place]), machine=machine, folder=place[:1024], run=run, files=waiting.files,
        bytes=waiting.bytes, since=waiting.since, lost=waiting.lost, problem=waiting.problem[:2048], measured=time.time_ns(),
    )  # fmt: skip
    database.apply(lambda session: session.merge(row))
