"""Finds people with a network in an ONNX file, whoever trained it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from components.contracts import PERSON, Detections, Frame, InputError
from components.detectors import decoding
from components.detectors.network import Network
from components.geometry import transform_boxes
from components.letterbox import letterbox


class Onnx:
    """People found by the network in the file `weights`, run by ONNX Runtime; pictures are letterboxed to its input.

    `format` says how to read the outputs; `auto` goes by `model.json` beside the file, else by names and shapes. `score` is
    the least score to report, low for trackers that use weak detections; `iou` is the overlap beyond which the weaker
    of two boxes is dropped. Frames go through the network in one batch where its first axis is free, else one by one.
    Raises InputError where the file is missing, is not ONNX, or is no detector that we can read.
    """

    def __init__(
        self,
        weights: str,
        *,
        format: Literal["auto", "yolox", "yolov8", "boxes"] = "auto",
        score: float = 0.1,
        iou: float = 0.45,
        threads: int = 1,
        providers: tuple[str, ...] = ("CPUExecutionProvider",),
    ) -> None:
        if not 0 < score < 1 or not 0 < iou <= 1:
            raise InputError(f"detector with score {score} and iou {iou}, expected both between 0 and 1")
        self._score, self._iou = score, iou
        self._network = Network(Path(weights), format=format, threads=threads, providers=providers)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, boxes in pixels of its native picture, best score first."""
        if not frames:
            return []
        entrance = self._network.entrance
        fitted = [letterbox(frame.image, entrance.width, entrance.height) for frame in frames]
        seen = self._network.see(np.stack([picture for picture, _ in fitted]))
        return [self._report(frame, scale, who) for frame, (_, scale), who in zip(frames, fitted, seen, strict=True)]

    def _report(self, frame: Frame, scale: float, seen: decoding.Candidates) -> Detections:
        people = decoding.best(seen, self._score, self._iou)
        h, w = frame.image.shape[:2]
        boxes = np.clip(people.boxes / scale, 0, (w, h, w, h))
        native = transform_boxes(frame.to_native, boxes).astype(np.float32)
        return Detections(native, people.scores.astype(np.float32), np.full(len(native), PERSON, np.int64))
