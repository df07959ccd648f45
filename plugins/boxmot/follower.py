"""Runs a tracker of BoxMOT for one camera, in the project's terms."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from components.contracts import Detections, Floats32, Frame, InputError, Ints, Tracks
from components.trackers.clock import Clock

if TYPE_CHECKING:  # PyTorch comes with it, for seconds: only a tracker that is made needs that, a config that is checked does not
    from boxmot.structures import Detections as Seen
    from boxmot.trackers.base import BaseTracker

MOST_IDS = 2**23  # BoxMOT hands ids on as float32, which counts exactly up to 2**24

Use = Literal["unused", "welcome", "needed"]  # what a tracker makes of appearance


def remember(tracker: Any, frames: int) -> None:
    """Lost tracks live for `frames` more: what most trackers of BoxMOT call it."""
    tracker.max_age = tracker.max_time_lost = frames


class Follower:
    """One camera's tracker, made by `make`, that shares nothing with another camera's; ids count from 1 and are never used again.

    BoxMOT counts in frames how long a lost track is remembered; here it is `lost_seconds`, so that it holds at any rate and
    over frames that were turned away; `settle` tells the tracker before each update how many frames that is. After a longer
    gap in the footage everybody is new. The tracker is made at the first detection, which says whether there are features:
    `make(True)` where they are and `appearance` is not `unused`. Where it is `needed` and there are none, InputError.
    """

    def __init__(
        self,
        make: Callable[[bool], BaseTracker],
        *,
        lost_seconds: float,
        appearance: Use = "unused",
        settle: Callable[[Any, int], None] = remember,
        name: str = "",
    ) -> None:
        import_module("boxmot.trackers.base")  # now, and not at the first detection: a camera at work would stand still
        logging.getLogger("boxmot").setLevel(logging.WARNING)  # it announces each instance; only after the import does this hold
        self._make, self._lost, self._use, self._settle, self._name = make, lost_seconds, appearance, settle, name
        self._tracker: BaseTracker | None = None
        self._length = 0  # of the features that the tracker goes by; 0: it goes by motion
        self._clock = Clock()
        self._seen: deque[float] = deque()  # seconds of the frames that a track may be lost for
        self._first = self._next = 1  # the id that BoxMOT's 0 stands for, and the first that nobody has had

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        """The tracks that were found in this frame, boxes as the motion model sees them, in native pixels."""
        seconds = self._clock.tick(frame.time)
        if self._outlived(seconds):
            self._tracker, self._first = None, self._next
        self._remember(seconds)
        usable = _usable(detections.boxes)
        if self._tracker is None and not len(usable):
            return _report(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0), detections, usable)
        tracker = self._tracker = self._tracker or self._start(detections)
        self._settle(tracker, len(self._seen))
        found = tracker.update(self._told(detections, usable), timestamp_s=seconds)
        ids = found.track_ids.numpy() + self._first
        self._next = max([self._next, *(ids + 1).tolist()])
        rows = usable[found.detection_indices.numpy()]
        return _report(ids, found.geometry.values.numpy(), found.scores.numpy(), detections, rows)

    def _outlived(self, seconds: float) -> bool:
        gap = bool(self._seen) and seconds - self._seen[-1] > self._lost
        return gap or (self._tracker is not None and self._tracker.id_allocator.next_id > MOST_IDS)

    def _remember(self, seconds: float) -> None:
        self._seen.append(seconds)
        while self._seen[0] < seconds - self._lost:
            self._seen.popleft()

    def _start(self, detections: Detections) -> BaseTracker:
        length = detections.features.shape[1]
        if self._use == "needed" and not length:
            raise InputError(f"tracker {self._name} goes by appearance, and nobody looks: use reid=osnet or tracker=bytetrack")
        self._length = 0 if self._use == "unused" else length
        return self._make(bool(self._length))

    def _told(self, detections: Detections, usable: Ints) -> Seen:
        """The usable detections as BoxMOT takes them."""
        import torch
        from boxmot.structures import Boxes
        from boxmot.structures import Detections as Seen

        return Seen(
            geometry=Boxes(torch.from_numpy(detections.boxes[usable].astype(np.float32))),
            scores=torch.from_numpy(np.clip(detections.scores[usable], 0, 1).astype(np.float32)),
            class_ids=torch.from_numpy(detections.labels[usable].astype(np.int64)),
            sample_id="frame",
            embeddings=torch.from_numpy(self._features(detections, usable)) if self._length else None,
        )

    def _features(self, detections: Detections, usable: Ints) -> Floats32:
        if not len(usable):
            return np.zeros((0, self._length), np.float32)
        if detections.features.shape[1] != self._length:
            raise InputError(
                f"tracker {self._name}: features of length {detections.features.shape[1]} after features of {self._length}; "
                "one reid has to serve a camera for the whole run"
            )
        return detections.features[usable].astype(np.float32)


def _usable(boxes: Floats32) -> Ints:
    """The rows of the boxes that have an area; BoxMOT refuses a frame with any other."""
    good = np.isfinite(boxes).all(axis=1) & (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return np.flatnonzero(good)


def _report(ids: Ints, boxes: Any, scores: Any, detections: Detections, rows: Ints) -> Tracks:
    """Tracks with the features of the detections in `rows`."""
    features = detections.features[rows] if len(ids) else detections.features[:0]
    return Tracks(ids, np.asarray(boxes, np.float32), np.clip(scores, 0, 1).astype(np.float32), features)
