"""The walk of live frames: the newest one of every camera; what nobody has time for is dropped and counted."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from annotated_types import Ge

from components.contracts import Detections, Detector, Embedder, Frame, InputError, LiveSource, Progress, Store
from components.line import Lane, Tally
from components.preprocessing.chain import apply
from components.preprocessing.demand import wanted

AGAIN = 5.0  # s until a source that failed in a way of its own is asked again
PATIENCE = 0.2  # s between two looks at whether it is time to stop
LEAVING = 2.0  # s that cameras get to let go
REPORTS = 3.0  # s between two reports

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Watch(Tally):
    """What went down one lane so far, and how its camera is doing now."""

    arrived: float = 0.0  # s on the monotonic clock, when its newest frame came; 0: none came yet
    replaced: int = 0  # frames that a newer one of the same camera overtook before anybody looked
    skipped: int = 0  # frames that the source left out because it was behind
    reading: str = ""  # why the camera gives nothing at the moment; empty while it does

    @property
    def dropped(self) -> int:
        return self.replaced + self.skipped

    @property
    def trouble(self) -> str:
        """What is wrong now: with the camera, else with the work on its frames."""
        return self.reading or self.problem


Watches = Mapping[str, Watch]
Report = Callable[[Watches], None]


class Inbox:
    """The newest frame of each camera that nobody has taken yet."""

    def __init__(self) -> None:
        self._frames: dict[str, Frame] = {}  # who has waited longest first; a newer frame keeps its camera's place
        self._filled = threading.Condition()

    def put(self, name: str, frame: Frame) -> bool:
        """True where `frame` took the place of one that nobody had time for."""
        with self._filled:
            full = name in self._frames
            self._frames[name] = frame
            self._filled.notify()
            return full

    def take(self, most: int, patience: float) -> list[tuple[str, Frame]]:
        """Up to `most` frames, of different cameras; none where nothing comes within `patience` seconds."""
        with self._filled:
            if not self._frames:
                self._filled.wait(patience)
            return [(name, self._frames.pop(name)) for name in list(self._frames)[:most]]


def follow_live(
    lanes: Mapping[str, Lane], *, detector: Detector, reid: Embedder, store: Store, stop: threading.Event,
    batch_size: Annotated[int, Ge(1)] = 4, report: Report = lambda _watches: None,
    first_track: int = 0, progress: Progress = lambda _done, _total: None,
) -> dict[str, Watch]:  # fmt: skip
    """Watch every lane until `stop` is set or all cameras have come to their planned end.

    A thread per camera reads; whatever waits goes through the detector together, `batch_size` at most. A camera that is
    slow, dead or broken holds up no other. `report` is told how everybody is doing every few seconds, from a thread of its own.
    Ids of tracks are counted from `first_track`, so that a walk that goes on after another gives none of its ids again.
    """
    watches, inbox, ended = {name: Watch() for name in lanes}, Inbox(), threading.Event()
    readers = [
        threading.Thread(target=_read, args=(name, lane, watches[name], inbox, stop), name=f"camera {name}", daemon=True)
        for name, lane in lanes.items()
    ]
    reporter = threading.Thread(target=_reporting, args=(report, lanes, watches, ended), name="reports", daemon=True)
    for thread in (*readers, reporter):
        thread.start()
    while not stop.is_set():
        batch = inbox.take(batch_size, PATIENCE)
        if batch:
            _look(batch, lanes, watches, detector, reid, store, first_track)
            progress(sum(watch.frames for watch in watches.values()), 0)
        elif not any(reader.is_alive() for reader in readers):
            break
    ended.set()
    _leave([*readers, reporter])
    _ask(lanes, watches)
    return watches


def _read(name: str, lane: Lane, watch: Watch, inbox: Inbox, stop: threading.Event) -> None:
    """In a thread of the camera: its frames into the inbox, again and again."""
    while not stop.is_set():
        try:
            for frame in lane.source.frames(lane.sampling, wanted(lane.preprocessing)):
                watch.arrived, watch.reading = time.monotonic(), ""
                watch.replaced += inbox.put(name, frame)
                if stop.is_set():
                    return
            return
        except Exception as error:  # whatever breaks one camera, the others go on
            watch.reading = _said(name, watch.reading, error)
        stop.wait(AGAIN)


def _look(
    batch: Sequence[tuple[str, Frame]], lanes: Mapping[str, Lane], watches: Watches, detector: Detector, reid: Embedder,
    store: Store, first_track: int,
) -> None:  # fmt: skip
    """One batch down the line; what fails on the way is the problem of the cameras that it fails for."""
    kept = []
    for name, frame in batch:
        with _Guard({name: watches[name]}):
            result = apply(lanes[name].preprocessing, frame)
            watches[name].see(frame, result)
            kept += [(name, result)] if isinstance(result, Frame) else []
    if not kept:
        return
    frames, found = [frame for _, frame in kept], list[Detections]()
    with _Guard({name: watches[name] for name, _ in kept}):
        found = reid.embed(frames, detector.detect(frames))
    for (name, frame), detections in zip(kept, found, strict=False):  # nothing was found where the detector failed
        with _Guard({name: watches[name]}):
            seen = lanes[name].sightings(frame, detections)
            store.write(frame, [replace(one, track=one.track + first_track) for one in seen] if first_track else seen)
            watches[name].problem = ""


class _Guard:
    """What goes wrong inside is noted with these cameras, and the walk goes on."""

    def __init__(self, watches: Watches) -> None:
        self._watches = watches

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Exception):
            for name, watch in self._watches.items():
                watch.problem = _said(name, watch.problem, error)
        return isinstance(error, Exception)


def _said(name: str, before: str, error: Exception) -> str:
    """The error as a sentence; it goes to the log when it is news."""
    foreseen = isinstance(error, InputError)
    sentence = str(error) if foreseen else f"unexpected {type(error).__name__}: {error}"
    if sentence != before:
        _LOG.warning("%s: %s", name, sentence, exc_info=None if foreseen else error)
    return sentence


def _reporting(report: Report, lanes: Mapping[str, Lane], watches: Watches, ended: threading.Event) -> None:
    """In a thread: tell how everybody is doing. A report that cannot be made is left to the next one."""
    while not ended.wait(REPORTS):
        _ask(lanes, watches)
        try:
            report(watches)
        except Exception as error:  # the database is away, and what is reported is out of date when it is back
            _LOG.info("no report: %s", error)


def _ask(lanes: Mapping[str, Lane], watches: Watches) -> None:
    """What the sources know of themselves."""
    for name, lane in lanes.items():
        source: LiveSource = lane.source  # type: ignore[assignment]
        watches[name].skipped = source.skipped
        if source.problem:
            watches[name].reading = source.problem


def _leave(threads: Sequence[threading.Thread]) -> None:
    """Wait for the threads, but not for one that hangs in a dead connection; it ends with the process."""
    end = time.monotonic() + LEAVING
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
