"""A challenger beside the champion: it is asked about the same frames, and nothing of the champion depends on it."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from components.contracts import Detections, Detector, Frame, Rejected
from components.preprocessing.beside import other

NICE = 10  # how far its thread stands back where somebody else wants the processor (Linux)
LEAVING = 10.0  # s that it gets for what it is doing when cameras at work are left

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What both found in one frame. The challenger's is None where its own chain does not let the frame pass."""

    frame: Frame
    champion: Detections
    challenger: Detections | None
    champion_ms: float  # its share of the batch
    challenger_ms: float


@dataclass(frozen=True, slots=True)
class Batch:
    """What the champion was asked, and its answer."""

    frames: tuple[Frame, ...]
    found: tuple[Detections, ...]
    milliseconds: float  # per frame


class Shadowed:
    """The champion's answers, as they are. A thread asks the challenger, which `build` makes there, and tells `note` of both.

    At most `most` batches wait. Cameras at work do not wait for the challenger: what it has no time for is `dropped`, by frames.
    Footage (`waits`) does, so that every frame is compared. An error of the challenger or of `note` ends the comparison, is kept
    as `problem`, and changes nothing else.
    """

    def __init__(
        self, champion: Detector, *, build: Callable[[], Detector], note: Callable[[Look], None], most: int, waits: bool
    ) -> None:
        self._champion, self._build, self._note = champion, build, note
        self._most, self._waits = most, waits
        self._batches: deque[Batch] = deque()
        self._changed = threading.Condition()
        self._over = self._leaving = False
        self.dropped, self.seen, self.problem = 0, 0, ""
        self._thread = threading.Thread(target=self._follow, name="challenger", daemon=True)
        self._thread.start()

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """What the champion finds."""
        began = time.perf_counter()
        found = self._champion.detect(frames)
        if frames:
            self._offer(Batch(tuple(frames), tuple(found), (time.perf_counter() - began) * 1000 / len(frames)))
        return found

    def close(self) -> None:
        """Let the challenger finish what footage has given it; of cameras at work, what it has in its hands."""
        with self._changed:
            self._leaving = True
            if not self._waits:
                self.dropped += sum(len(batch.frames) for batch in self._batches)
                self._batches.clear()
            self._changed.notify_all()
        self._thread.join(None if self._waits else LEAVING)

    def _offer(self, batch: Batch) -> None:
        with self._changed:
            while self._waits and not self._over and len(self._batches) >= self._most:
                self._changed.wait()
            if self._over or len(self._batches) >= self._most:
                self.dropped += len(batch.frames)
                return
            self._batches.append(batch)
            self._changed.notify_all()

    def _follow(self) -> None:
        """In the thread: batch by batch, until there is nothing left or something fails."""
        try:
            if sys.platform == "linux":
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
            challenger = self._build()
            while (batch := self._take()) is not None:
                self._look(challenger, batch)
        except Exception as error:  # whatever it is, it is the challenger's
            _LOG.warning("the challenger failed: %s", error, exc_info=error)
            self.problem = f"the challenger ended after {self.seen} frames: {type(error).__name__}: {error}"
        finally:
            with self._changed:
                self._over = True
                self.dropped += sum(len(batch.frames) for batch in self._batches)
                self._batches.clear()
                self._changed.notify_all()

    def _take(self) -> Batch | None:
        with self._changed:
            while not self._batches and not self._leaving:
                self._changed.wait()
            batch = self._batches.popleft() if self._batches else None
            self._changed.notify_all()
            return batch

    def _look(self, challenger: Detector, batch: Batch) -> None:
        began = time.perf_counter()
        shown = [other(frame) for frame in batch.frames]
        passed = [frame for frame in shown if isinstance(frame, Frame)]
        answers = iter(challenger.detect(passed))
        spent = (time.perf_counter() - began) * 1000 / len(shown)
        for frame, theirs, found in zip(batch.frames, shown, batch.found, strict=True):
            mine = None if isinstance(theirs, Rejected) else next(answers)
            self._note(Look(frame, found, mine, batch.milliseconds, spent))
            self.seen += 1
