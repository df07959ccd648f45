"""The way of a recording: its file into the store, then its row, then the gap before it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from components.contracts import Camera, InputError, Recording, Segment, Stamps, file_digest
from components.database.database import Database
from components.database.health import Waiting, report_waiting
from components.database.holes import Holes
from components.database.registry import Registry
from components.database.segments import Segments
from components.losses import Losses
from components.retention.disk import Disk
from components.retention.items import Item, Span
from components.retention.room import Marked, make_room
from components.sources.remux import MISSING, salvaged
from components.storage import layout
from components.storage.places import alone
from components.storage.spool import Spool
from components.storage.storage import Storage
from components.storage.waiting import Note

SILENT = "the camera said nothing"  # the reason of a gap while it was connected
EVERY = 2.0  # s between two looks at the disk
TOLD = 10.0  # s between two lines in the database about what waits, where nothing has changed
NEVER = Disk()  # counts as nearly full
MAKING = "making-"  # begins the name of a folder in which files of one camera are made

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
    """Takes recordings of cameras at any time, and brings them to store and database when those are there.

    `disk` says what goes where a disk of this machine is nearly full, and what is lost first where too much waits. What is left
    of `others`, owners that are at work too, is theirs to bring.
    """

    def __init__(
        self, storage: Storage, database: Database, *, folder: Path, owner: str, megabytes: int, disk: Disk = NEVER,
        run: str = "", others: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._storage, self._database, self._run, self._disk = storage, database, run, disk
        self._segments, self._holes, self._registry = Segments(database), Holes(database), Registry(database)
        self._cameras: dict[tuple[str, str], Camera] = {}
        self._root = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._marked = Marked(database, folder)
        self._marked.fresh()
        self.takes: dict[str, Take] = {}
        self._told: tuple[float, Waiting | None] = (0.0, None)  # when, and what of what waits
        self.freed, self.stuck = 0, False  # bytes of recorded footage that went for room; whether there is too little of it
        self.spool = Spool(
            storage, folder=folder, owner=owner, megabytes=megabytes, arrived=self._arrived, rank=self._rank, lost=self._lost,
            others=others,
        )  # fmt: skip
        if self.spool.place.name != owner:
            _LOG.warning("another process records these cameras here; until one of the two is ended, footage is there twice")
        self._losses = Losses(self.spool.place)
        self._adopt()

    def ship(self, camera: Camera, recording: Recording) -> None:
        """Keep `recording` until it has arrived. Raises OSError or InputError where it cannot be kept; its file stays then."""
        self._ship(camera.id, camera.version, recording)

    def making(self, camera: Camera) -> Path:
        """The folder in which files of `camera` are to be made; what is left there is shipped by whoever comes next."""
        return self.spool.place / f"{MAKING}{camera.id}~{camera.version}"

    def keep_room(self) -> None:
        """Where a disk is nearly full, let go what may go: footage in a store on this machine, then what waits."""
        self._marked.fresh()
        with alone(self._root / ".room.lock") as mine:
            at = self._storage.folder
            if mine and at is not None and (size := self._disk.missing(at)):
                self._let_go(size)
        if (size := self._disk.missing(self._root)) and not self.spool.shed(size, self._disk.rule) and not self.stuck:
            _LOG.error("%s: %s, and nothing that waits there may go", self._root, self._disk.rule)
        self.stuck = bool(self._disk.missing(self._root))

    @property
    def waiting(self) -> Waiting:
        """What has not arrived."""
        return self.spool.backlog

    def close(self, patience: float = 10.0) -> Waiting:
        """Send what is there, for at most `patience` seconds; what is left for who comes next."""
        self.spool.close(patience)
        with suppress(InputError):
            self.tell()
        return self.spool.backlog

    def watch(self, stop: threading.Event) -> None:
        """In a thread: look after room, and say what waits, until `stop` is set."""
        while not stop.wait(EVERY):
            try:
                self.keep_room()
                if self.spool.backlog != self._told[1] or time.monotonic() - self._told[0] > TOLD:
                    self.tell()
            except (InputError, OSError) as error:  # what is away now is told later
                _LOG.info("no report of what waits: %s", error)

    def tell(self) -> None:
        """Enter what waits and what had to go. Raises InputError while the database is away."""
        self._losses.tell(self._database, self._run)
        backlog = self.spool.backlog
        report_waiting(self._database, self._run, self.spool.place, backlog)
        self._told = time.monotonic(), backlog

    def _let_go(self, size: int) -> None:
        try:
            self.freed += make_room(self._storage, self._database, self._disk, size, run=self._run)
        except InputError as error:
            _LOG.error("%s, and no footage in the store can go: %s", self._disk.rule, error)

    def _ship(self, camera: str, version: str, recording: Recording) -> None:
        sha256, size = file_digest(recording.path), recording.path.stat().st_size
        target = layout.raw(camera, recording.start, sha256, recording.path.suffix)
        note = {
            "camera": camera, "version": version, "sha256": sha256, "start": recording.start, "end": recording.end,
            "frames": recording.frames, "codec": recording.codec, "bytes": size, "after": recording.after, "path": target,
            "holes": recording.holes,
            "stamps": asdict(recording.stamps) if recording.stamps else None,
        }  # fmt: skip
        self.spool.put(target, recording.path, note)

    def _adopt(self) -> None:
        """Ship what a process that was killed has left unfinished, also of cameras that are not recorded any more."""
        for folder, camera, version in list(self._left()):
            try:
                for recording in salvaged(folder):
                    self._ship(camera, version, recording)
                folder.rmdir()
            except (InputError, OSError) as error:
                _LOG.warning("%s: what is left there has to wait: %s", folder, error)

    def _left(self) -> Iterator[tuple[Path, str, str]]:
        for place in self.spool.places:
            for folder in sorted(place.glob(f"{MAKING}*~*")):
                camera, version = folder.name.removeprefix(MAKING).rsplit("~", 1)
                yield folder, camera, version

    def _rank(self, note: Note) -> int | None:
        """When a piece goes that waits."""
        item = Item(note["path"], (note["path"],), (Span(note["camera"], note["start"], note["end"]),), note["bytes"])
        return self._marked.rank(self._disk, item)

    def _lost(self, note: Note, why: str) -> None:
        self._losses.add(note, why)

    def _arrived(self, note: Note) -> None:
        """Row last: one never points at a file that is not there."""
        self._losses.tell(self._database, self._run)
        camera = self._camera(note["camera"], note["version"])
        segment = Segment(camera, note["sha256"], note["start"], note["end"], note["frames"], note["path"])
        after = note["after"] or "no packets came"
        missing = self._segments.gap(camera.id, note["start"], after, least=MISSING, end=note["end"])
        stamps = Stamps(**note["stamps"]) if note["stamps"] else None
        self._segments.add(segment, note["codec"], note["bytes"], stamps)
        holes = note.get("holes", [])
        self._holes.enter(camera.id, holes, SILENT)
        take = self.takes.setdefault(camera.id, Take())
        take.gaps, take.missing = take.gaps + (missing > 0), take.missing + missing
        take.gaps, take.missing = take.gaps + len(holes), take.missing + sum(until - since for since, until in holes)

    def _camera(self, camera: str, version: str) -> Camera:
        """Also of a camera that the fleet does not have any more. Raises InputError where the registry does not know it."""
        if (camera, version) not in self._cameras:
            self._cameras |= {(camera, known.camera.version): known.camera for known in self._registry.versions(camera)}
        if (camera, version) not in self._cameras:
            raise InputError(f"camera {camera}: version {version[:12]} is not in the registry; enter it, and its footage arrives")
        return self._cameras[camera, version]
