"""Labels that came with the footage: the ground truth of a simulated camera, written by ingest beside each segment."""

from __future__ import annotations

import bisect

from components.contracts import Frame, InputError, Segment, Truth
from components.storage import layout
from components.storage.storage import Storage
from components.storage.truth import read_truth

CLOSE = 2_000_000  # ns; a container may round the time of a frame to its own unit


class RecordedTruth:
    """Looks the truth of a frame up by its time; keeps that of one segment in memory."""

    label_set = ""

    def __init__(self, *, storage: Storage) -> None:
        self._storage = storage
        self._segment, self._truths = "", list[Truth]()

    def label(self, segment: Segment, frame: Frame) -> Truth:
        if segment.path != self._segment:
            path = layout.truth(segment.path)
            if not self._storage.exists(path):
                raise InputError(
                    f"camera {segment.camera.id}: nobody has labelled its footage of segment {segment.sha256[:12]}; "
                    "choose labels=none for a dataset without labels"
                )
            self._segment, self._truths = segment.path, read_truth(self._storage, path)
        return _nearest(self._truths, frame)


def _nearest(truths: list[Truth], frame: Frame) -> Truth:
    at = bisect.bisect_left(truths, frame.time - CLOSE, key=lambda truth: truth.time)
    if at == len(truths) or abs(truths[at].time - frame.time) > CLOSE:
        raise InputError(
            f"camera {frame.camera.id}: no truth for its frame at {frame.time} ns; was it recorded again? run flows.ingest"
        )
    return truths[at]
