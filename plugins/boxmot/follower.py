"""Runs a tracker of BoxMOT for one camera, in the project's terms."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

import numpy as np
from boxmot.trackers.base import BaseTracker

from components.contracts import Detections, Frame, Tracks
from components.trackers.clock import Clock

logging.getLogger("boxmot").setLevel(logging.WARNING)  # it announces each instance; only after the import does this hold

COLUMNS = 8  # of BoxMOT's result: xyxy, id, score, class, row of the detection


class Follower:
    """One camera's tracker, made by `make`, that shares nothing with another camera's; ids count from 1 and are never used again.

    BoxMOT counts in frames how long a lost track is remembered; here it is `lost_seconds`, so that it holds at any rate and
    over frames that were turned away. After a longer gap in the footage everybody is new.
    """

    def __init__(self, make: Callable[[], BaseTracker], *, lost_seconds: float) -> None:
        self._make, self._lost = make, lost_seconds
        self._tracker, self._clock = make(), Clock()
        self._seen: deque[float] = deque()  # seconds of the frames that a track may be lost for
        self._first = self._next = 1  # the id that BoxMOT's 0 stands for, and the first that nobody has had

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        """The tracks that were found in this frame, boxes as the motion model sees them, in native pixels."""
        seconds = self._clock.tick(frame.time)
        if self._seen and seconds - self._seen[-1] > self._lost:
            self._tracker, self._first = self._make(), self._next
        self._remember(seconds)
        seen = np.column_stack([detections.boxes, np.clip(detections.scores, 0, 1), detections.labels]).astype(np.float32)
        rows = np.asarray(self._tracker.update(seen, timestamp_s=seconds)).reshape(-1, COLUMNS)
        ids = rows[:, 4].astype(np.int64) + self._first
        self._next = max([self._next, *(ids + 1).tolist()])
        return Tracks(ids, rows[:, :4].astype(np.float32), np.clip(rows[:, 5], 0, 1).astype(np.float32))

    def _remember(self, seconds: float) -> None:
        self._seen.append(seconds)
        while self._seen[0] < seconds - self._lost:
            self._seen.popleft()
        self._tracker.max_age = self._tracker.max_time_lost = len(self._seen)
