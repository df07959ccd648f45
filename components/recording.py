"""Records cameras at work: their packets into a spool, from there into store and database, whatever happens to one of them."""

from __future__ import annotations

import errno
import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Annotated

from annotated_types import Gt

from components.clocks.own import fleet
from components.contracts import Camera, InputError, LiveRecorder, Progress, Recording
from components.database import clocks, own_clocks
from components.database.database import Database
from components.database.health import Report, report
from components.database.runs import Runs
from components.shipping import Shipper, Take
from components.sources.remux import salvaged

AGAIN = 5.0  # s until a camera that failed in a way of its own is asked again
REPORTS = 3.0  # s between two reports
CLOCKS = 4  # reports to one that tells of clocks too, which change slowly
LEAVING = 8.0  # s that cameras get to let go
FULL = (errno.ENOSPC, errno.EDQUOT)

_LOG = logging.getLogger(__name__)


Changes = Callable[[], Mapping[str, LiveRecorder | None]]  # cameras that are new or changed; None: gone


class _Crew:
    """A thread for each camera."""

    def __init__(self, shipper: Shipper, seconds: float) -> None:
        self._shipper, self._seconds = shipper, seconds
        self.sources: dict[str, LiveRecorder] = {}
        self.takes: dict[str, Take] = {}
        self._threads: dict[str, tuple[threading.Thread, threading.Event]] = {}

    def change(self, changes: Mapping[str, LiveRecorder | None]) -> None:
        """Begin with cameras, and end with those that are gone; one that is changed begins when what it was has ended."""
        for name, source in changes.items():
            former, stopped = self._threads.pop(name, (None, None))
            if stopped is not None:
                stopped.set()
            self.sources.pop(name, None)
            if source is not None:
                self._begin(name, source, former)

    def _begin(self, name: str, source: LiveRecorder, former: threading.Thread | None, before: str = "") -> None:
        stop, take = threading.Event(), self._shipper.takes.setdefault(name, Take())
        take._packets, self.takes[name] = 0, take

        def work() -> None:
            if former is not None:
                former.join()
            _record(source, take, self._shipper, self._seconds, stop, before)

        thread = threading.Thread(target=work, name=name, daemon=True)
        self.sources[name], self._threads[name] = source, (thread, stop)
        thread.start()

    def relieve(self) -> None:
        """Go on in another thread with a camera whose connection neither brings pictures nor ends; the other one ends with it."""
        for name, source in list(self.sources.items()):
            if source.hung():
                _, stopped = self._threads.pop(name)
                stopped.set()
                self._begin(name, source, None, source.reason)

    def end(self) -> None:
        for _, stop in self._threads.values():
            stop.set()
        end = time.monotonic() + LEAVING
        for thread, _ in self._threads.values():
            thread.join(max(0.0, end - time.monotonic()))
        for name, source in self.sources.items():
            if not self.takes[name].segments:  # the run says why
                self.takes[name].problem = self.takes[name].problem or source.problem


def record_live(
    sources: Mapping[str, LiveRecorder], *, shipper: Shipper, database: Database, run: str, stop: threading.Event,
    segment_seconds: Annotated[float, Gt(0)] = 10.0, progress: Progress = lambda _done, _total: None,
    changes: Changes = dict,
) -> dict[str, Take]:  # fmt: skip
    """Keep what every camera sends until `stop` is set: a thread for each, so that none holds up another.

    What a process before this one left unfinished is kept first. How everybody is doing goes to the database every few seconds;
    as often `changes` are asked for: the others do not notice them.
    """
    crew = _Crew(shipper, segment_seconds)
    crew.change(sources)
    room = threading.Thread(target=shipper.watch, args=(stop,), name="room", daemon=True)
    room.start()
    begun = then = time.monotonic()
    twice: set[str] = set()  # cameras that somebody else records, too
    for number in itertools.count():
        if stop.wait(REPORTS):
            break
        now = time.monotonic()
        crew.change(changed := changes())
        crew.relieve()
        gone = [name for name, new in changed.items() if new is None]
        others = _tell(database, run, crew.sources, crew.takes, now - then, gone=gone, with_clocks=number % CLOCKS == 0)
        if number:  # what was told before we began, somebody told who has ended
            _warn(others, twice)
        progress(round(now - begun), 0)
        then = now
    crew.end()
    room.join(LEAVING)
    return crew.takes


def _record(
    source: LiveRecorder, take: Take, shipper: Shipper, seconds: float, stop: threading.Event, before: str
) -> None:  # fmt: skip
    """In a thread of the camera: its packets into files, again and again; `before`: why nothing was kept before the next file."""
    folder = shipper.making(source.camera)
    while not stop.is_set():
        try:
            folder.mkdir(exist_ok=True)
            for recording in salvaged(folder):
                _ship(source.camera, recording, take, shipper)
            for recording in source.keep(folder, seconds, stop):
                _ship(source.camera, replace(recording, after=before or recording.after), take, shipper)
                before = ""
            take.problem = ""
        except Exception as error:  # whatever breaks one camera, the others go on
            said = _said(error, shipper)
            if said != take.problem:
                _LOG.warning("%s: %s", source.camera.id, said, exc_info=None if _foreseen(error) else error)
            before = said
            if not stop.is_set():  # else somebody has gone on with what is kept here
                take.problem = said
            stop.wait(AGAIN)
    with suppress(OSError):  # what could not be kept waits there
        folder.rmdir()


def _foreseen(error: Exception) -> bool:
    return isinstance(error, InputError | OSError)


def _said(error: Exception, shipper: Shipper) -> str:
    """What went wrong; where the disk is full, in the same words for everybody and every file."""
    cause = error if isinstance(error, OSError) else error.__cause__
    if isinstance(cause, OSError) and cause.errno in FULL:
        return f"no space left on the disk of {shipper.spool.place}; footage is kept again when there is room"
    return str(error) if _foreseen(error) else f"unexpected {type(error).__name__}: {error}"


def _ship(camera: Camera, recording: Recording, take: Take, shipper: Shipper) -> None:
    size = recording.path.stat().st_size
    shipper.ship(camera, recording)
    take.first = take.first or recording.start
    take.last, take.segments = recording.end, take.segments + 1
    take.frames, take.bytes = take.frames + recording.frames, take.bytes + size
    take.problem = ""


def _tell(
    database: Database,
    run: str,
    sources: Mapping[str, LiveRecorder],
    takes: Mapping[str, Take],
    seconds: float,
    *,
    gone: Sequence[str] = (),
    with_clocks: bool,
) -> dict[str, str]:
    """Cameras that another run records, too. A report that cannot be made is left to the next one."""
    reports = []
    for name, source in sources.items():
        take, packets = takes[name], source.packets
        lately, take._packets = (packets - take._packets) / max(seconds, 1e-3), packets
        problem = source.problem or take.problem
        silent = 0.0 if lately or problem else seconds
        known = Report(name, packets, 0, take.first, take.last, problem, silent=silent, lately=lately, expected=source.expected)
        reports.append(known)
    try:
        others = report(database, run, reports, gone)
        if with_clocks:
            clocks.report(database, run, clocks.of(sources.values()))
            own_clocks.report(database, run, fleet().own)
        runs = Runs(database)
        return {camera: other for camera, other in others.items() if runs.flow(other) == runs.flow(run)}
    except Exception as error:  # the database is away, and what is reported is out of date when it is back
        _LOG.info("no report: %s", error)
    return {}


def _warn(others: Mapping[str, str], known: set[str]) -> None:
    """Say once of each camera that another run, on another machine perhaps, records it."""
    for camera, other in others.items():
        if camera not in known:
            known.add(camera)
            _LOG.error("%s: run %s records it, too; until one of the two is ended, its footage is there twice", camera, other)
