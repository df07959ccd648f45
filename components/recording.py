"""Records cameras at work: their packets into a spool, from there into store and database, whatever happens to one of them."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from annotated_types import Gt

from components.contracts import Camera, InputError, LiveRecorder, Progress, Recording, Segment, Stamps, file_digest
from components.database import clocks
from components.database.database import Database
from components.database.health import Report, report
from components.database.registry import Registry
from components.database.segments import Segments
from components.sources.remux import salvaged
from components.storage import layout
from components.storage.spool import Note, Spool
from components.storage.storage import Storage

AGAIN = 5.0  # s until a camera that failed in a way of its own is asked again
REPORTS = 3.0  # s between two reports
LEAVING = 8.0  # s that cameras get to let go
MISSING = 500_000_000  # ns without footage that are a gap

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Take:
    """What one camera has given so far."""

    segments: int = 0
    frames: int = 0
    bytes: int = 0
    first: int = 0  # fleet time of the first and the last frame, ns
    last: int = 0
    gaps: int = 0
    missing: int = 0  # ns without footage between pieces
    problem: str = ""  # of the recording itself; what is wrong with the camera, its source says
    _packets: int = field(default=0, repr=False)  # at the last report


class Shipper:
    """What happens to a recording: its file into the store, then its row, then the gap before it."""

    def __init__(self, storage: Storage, database: Database, *, folder: Path, owner: str, megabytes: int) -> None:
        self._segments, self._registry = Segments(database), Registry(database)
        self._cameras: dict[tuple[str, str], Camera] = {}
        self.takes: dict[str, Take] = {}
        self.spool = Spool(storage, folder=folder, owner=owner, megabytes=megabytes, arrived=self._arrived)

    def ship(self, camera: Camera, recording: Recording) -> None:
        """Keep `recording` until it has arrived."""
        sha256, size = file_digest(recording.path), recording.path.stat().st_size
        target = layout.raw(camera.id, recording.start, sha256, recording.path.suffix)
        note = {
            "camera": camera.id, "version": camera.version, "sha256": sha256, "start": recording.start, "end": recording.end,
            "frames": recording.frames, "codec": recording.codec, "bytes": size, "after": recording.after, "path": target,
            "stamps": asdict(recording.stamps) if recording.stamps else None,
        }  # fmt: skip
        self.spool.put(target, recording.path, note)

    def _arrived(self, note: Note) -> None:
        """Row last: one never points at a file that is not there."""
        camera = self._camera(note["camera"], note["version"])
        segment = Segment(camera, note["sha256"], note["start"], note["end"], note["frames"], note["path"])
        missing = self._segments.gap(camera.id, note["start"], note["after"] or "no packets came", least=MISSING)
        stamps = Stamps(**note["stamps"]) if note["stamps"] else None
        self._segments.add(segment, note["codec"], note["bytes"], stamps)
        take = self.takes.setdefault(camera.id, Take())
        take.gaps, take.missing = take.gaps + (missing > 0), take.missing + missing

    def _camera(self, camera: str, version: str) -> Camera:
        """Also of a camera that the fleet does not have any more. Raises InputError where the registry does not know it."""
        if (camera, version) not in self._cameras:
            self._cameras |= {(camera, known.camera.version): known.camera for known in self._registry.versions(camera)}
        if (camera, version) not in self._cameras:
            raise InputError(f"camera {camera}: version {version[:12]} is not in the registry; enter it, and its footage arrives")
        return self._cameras[camera, version]


def record_live(
    sources: Mapping[str, LiveRecorder], *, shipper: Shipper, database: Database, run: str, stop: threading.Event,
    segment_seconds: Annotated[float, Gt(0)] = 10.0, progress: Progress = lambda _done, _total: None,
) -> dict[str, Take]:  # fmt: skip
    """Keep what every camera sends until `stop` is set: a thread for each, so that none holds up another.

    What a process before this one left unfinished is kept first. How everybody is doing goes to the database every few seconds.
    """
    takes = {name: shipper.takes.setdefault(name, Take()) for name in sources}
    threads = [
        threading.Thread(target=_record, args=(source, takes[name], shipper, segment_seconds, stop), name=name, daemon=True)
        for name, source in sources.items()
    ]
    for thread in threads:
        thread.start()
    begun = then = time.monotonic()
    while not stop.wait(REPORTS):
        now = time.monotonic()
        _tell(database, run, sources, takes, now - then)
        progress(round(now - begun), 0)
        then = now
    end = time.monotonic() + LEAVING
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return takes


def _record(source: LiveRecorder, take: Take, shipper: Shipper, seconds: float, stop: threading.Event) -> None:
    """In a thread of the camera: its packets into files, again and again."""
    folder = shipper.spool.place / f"making-{source.camera.id}"
    while not stop.is_set():
        try:
            folder.mkdir(exist_ok=True)
            for recording in salvaged(folder):
                _ship(source.camera, recording, take, shipper)
            for recording in source.keep(folder, seconds, stop):
                _ship(source.camera, recording, take, shipper)
            take.problem = ""
        except Exception as error:  # whatever breaks one camera, the others go on
            foreseen = isinstance(error, InputError | OSError)
            said = str(error) if foreseen else f"unexpected {type(error).__name__}: {error}"
            if said != take.problem:
                _LOG.warning("%s: %s", source.camera.id, said, exc_info=None if foreseen else error)
            take.problem = said
            stop.wait(AGAIN)
    shutil.rmtree(folder, ignore_errors=True)


def _ship(camera: Camera, recording: Recording, take: Take, shipper: Shipper) -> None:
    take.first = take.first or recording.start
    take.last, take.segments = recording.end, take.segments + 1
    take.frames, take.bytes = take.frames + recording.frames, take.bytes + recording.path.stat().st_size
    shipper.ship(camera, recording)


def _tell(database: Database, run: str, sources: Mapping[str, LiveRecorder], takes: Mapping[str, Take], seconds: float) -> None:
    """A report that cannot be made is left to the next one."""
    reports = []
    for name, source in sources.items():
        take, packets = takes[name], source.packets
        lately, take._packets = (packets - take._packets) / max(seconds, 1e-3), packets
        problem = source.problem or take.problem
        silent = 0.0 if lately or problem else seconds
        reports.append(Report(name, packets, 0, take.first, take.last, problem, silent=silent, lately=lately))
    try:
        report(database, run, reports)
        clocks.report(database, run, clocks.of(sources.values()))
    except Exception as error:  # the database is away, and what is reported is out of date when it is back
        _LOG.info("no report: %s", error)
