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
REPORTS = 3.0  # s between two reports, and two looks at whether the fleet has changed
AFTER = 10_000_000  # track ids that cameras may give before those after a change begin

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Watch(Tally):
    """What went down one lane so far, and how its camera is doing now."""

    arrived: float = 0.0  # s on the monotonic clock, when its newest frame came; 0: none came yet
    replaced: int = 0  # frames that a newer one of the same camera overtook before anybody looked
    skipped: int = 0  # frames that the source left out because it was behind
    reading: str = ""  # why the camera gives nothing at the moment; empty while it does
    delivered: int = 0  # pictures that the camera sent, looked at or not; 0: nobody counts them
    expected: float = 0.0  # pictures per second, as the camera declares them; 0: it does not
    gone: bool = False  # the fleet does not have it any more

    @property
    def dropped(self) -> int:
        return self.replaced + self.skipped

    @property
    def trouble(self) -> str:
        """What is wrong now: with the camera, else with the work on its frames."""
        return self.reading or self.problem


Watches = Mapping[str, Watch]
Report = Callable[[Watches], None]
Changes = Callable[[], Mapping[str, Lane | None]]  # cameras that are new or changed; None: gone


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
    first_track: int = 0, progress: Progress = lambda _done, _total: None, changes: Changes = dict,
) -> dict[str, Watch]:  # fmt: skip
    """Watch every lane until `stop` is set or all cameras have come to their planned end.

    A thread per camera reads; whatever waits goes through the detector together, `batch_size` at most. A camera that is
    slow, dead or broken holds up no other. `report` is told how everybody is doing every few seconds, from a thread of its own.
    Ids of tracks are counted from `first_track`, so that a walk that goes on after another gives none of its ids again.
    `changes` are asked for every few seconds; the other cameras do not notice them.
    """
    inbox, ended, asked = Inbox(), threading.Event(), time.monotonic()
    crew = _Crew(inbox, first_track)
    crew.change(lanes)
    reporter = threading.Thread(target=_reporting, args=(report, crew, ended), name="reports", daemon=True)
    reporter.start()
    while not stop.is_set():
        if time.monotonic() - asked > REPORTS:
            crew.change(changes())
            asked = time.monotonic()
        batch = [(name, frame) for name, frame in inbox.take(batch_size, PATIENCE) if crew.knows(name, frame)]
        if batch:
            _look(batch, crew, detector, reid, store)
            progress(sum(watch.frames for watch in list(crew.watches.values())), 0)
        elif crew.over:
            break
    ended.set()
    _leave([*crew.end(), reporter])
    crew.ask()
    return crew.watches


class _Crew:
    """A thread for each camera that reads it."""

    def __init__(self, inbox: Inbox, first_track: int) -> None:
        self._inbox, self._next, self._changed = inbox, first_track, False
        self.lanes, self.watches, self.first = dict[str, Lane](), dict[str, Watch](), dict[str, int]()
        self._readers: dict[str, tuple[threading.Thread, threading.Event]] = {}

    def change(self, changes: Mapping[str, Lane | None]) -> None:
        """Begin with cameras, and end with those that are gone; the tracks of one that is changed have ids of their own."""
        self._changed = self._changed or (bool(self.lanes) and bool(changes))
        self._next += AFTER if self.lanes and changes else 0
        for name, lane in changes.items():
            if former := self._readers.pop(name, None):
                former[1].set()
            if lane is None:
                self.lanes.pop(name, None)
                self.watches[name].gone = True
            else:
                self._begin(name, lane)

    def _begin(self, name: str, lane: Lane) -> None:
        watch, stop = self.watches.setdefault(name, Watch()), threading.Event()
        watch.gone, watch.reading, watch.problem = False, "", ""
        self.lanes[name], self.first[name] = lane, self._next
        thread = threading.Thread(target=_read, args=(name, lane, watch, self._inbox, stop), name=f"camera {name}", daemon=True)
        self._readers[name] = thread, stop
        thread.start()

    def knows(self, name: str, frame: Frame) -> bool:
        """Whether `frame` is of the camera as it is now."""
        return name in self.lanes and self.lanes[name].source.camera == frame.camera

    @property
    def over(self) -> bool:
        """Whether all cameras have come to an end, and none can be new."""
        return not self._changed and not any(thread.is_alive() for thread, _ in self._readers.values())

    def end(self) -> list[threading.Thread]:
        """The threads, which have been told."""
        for _, stop in self._readers.values():
            stop.set()
        return [thread for thread, _ in self._readers.values()]

    def ask(self) -> None:
        """What the sources know of themselves."""
        for name, lane in list(self.lanes.items()):
            source: LiveSource = lane.source  # type: ignore[assignment]
            watch = self.watches[name]
            watch.skipped, watch.delivered, watch.expected = source.skipped, source.packets, source.expected
            if source.problem:
                watch.reading = source.problem


def _read(name: str, lane: Lane, watch: Watch, inbox: Inbox, stop: threading.Event) -> None:
    """In a thread of the camera: its frames into the inbox, again and again."""
    while not stop.is_set():
        try:
            for frame in lane.source.frames(lane.sampling, wanted(lane.preprocessing)):
                if stop.is_set():
                    return
                watch.arrived, watch.reading = time.monotonic(), ""
                watch.replaced += inbox.put(name, frame)
            return
        except Exception as error:  # whatever breaks one camera, the others go on
            watch.reading = _said(name, watch.reading, error)
        stop.wait(AGAIN)


def _look(batch: Sequence[tuple[str, Frame]], crew: _Crew, detector: Detector, reid: Embedder, store: Store) -> None:
    """One batch down the line; what fails on the way is the problem of the cameras that it fails for."""
    kept, lanes, watches = [], crew.lanes, crew.watches
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
            seen, first = lanes[name].sightings(frame, detections), crew.first[name]
            store.write(frame, [replace(one, track=one.track + first) for one in seen] if first else seen)
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


def _reporting(report: Report, crew: _Crew, ended: threading.Event) -> None:
    """In a thread: tell how everybody is doing. A report that cannot be made is left to the next one."""
    while not ended.wait(REPORTS):
        crew.ask()
        try:
            report(dict(crew.watches))
        except Exception as error:  # the database is away, and what is reported is out of date when it is back
            _LOG.info("no report: %s", error)


def _leave(threads: Sequence[threading.Thread]) -> None:
    """Wait for the threads, but not for one that hangs in a dead connection; it ends with the process."""
    end = time.monotonic() + LEAVING
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
