"""From frames to people: letterboxes, asks a network, and brings its answers back to native pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from components.contracts import PERSON, Detections, Frame, InputError
from components.detectors import decoding
from components.detectors.network import Network
from components.letterbox import letterbox
from components.pixels import native_boxes


class Finder:
    """People found by `network`. `score` is the least score to report; `iou` is the overlap beyond which the weaker of two
    boxes is dropped. Frames whose letterboxes have one size go through the network together, where it takes several.
    """

    def __init__(self, network: Network, *, score: float, iou: float) -> None:
        if not 0 < score < 1 or not 0 < iou <= 1:
            raise InputError(f"detector with score {score} and iou {iou}, expected both between 0 and 1")
        self._network, self._score, self._iou = network, score, iou

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, boxes in pixels of its native picture, best score first."""
        found: dict[int, Detections] = {}
        sizes = [self._network.size(frame.image) for frame in frames]
        for size in dict.fromkeys(sizes):
            rows = [i for i, own in enumerate(sizes) if own == size]
            fitted = [letterbox(frames[i].image, *size) for i in rows]
            seen = self._network.see([picture for picture, _ in fitted], self._score)
            for i, (_, scale), candidates in zip(rows, fitted, seen, strict=True):
                found[i] = self._report(frames[i], scale, candidates)
        return [found[i] for i in range(len(frames))]

    def _report(self, frame: Frame, scale: float, seen: decoding.Candidates) -> Detections:
        people = decoding.best(seen, self._score, self._iou)
        h, w = frame.image.shape[:2]
        boxes = np.clip(people.boxes / scale, 0, (w, h, w, h))
        native = native_boxes(frame, boxes).astype(np.float32)
        return Detections(native, people.scores.astype(np.float32), np.full(len(native), PERSON, np.int64))
