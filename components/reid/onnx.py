"""Describes what people look like with a network in an ONNX file, whoever trained it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import Ge

from components.contracts import Bgr, Detections, Floats32, Frame
from components.crops import crops, fitted
from components.reid.network import Network


class Appearance:
    """Features of the network in the file `weights`, run by ONNX Runtime on the pixels inside each detection's box.

    The network takes (n, 3, h, w) and gives (n, d), one row per person. How it wants its pixels says `model.json` beside the
    file; without one they are RGB, 0..1, normalised with ImageNet's mean and deviation, and 256x128 where the network does not
    say (the convention of Torchreid, Zhou 2019). The crops of all frames of a call go through the network at once, in portions
    of at most `batch` so that memory stays bounded. Raises InputError where the file is missing or is no such network.
    """

    def __init__(
        self,
        weights: str,
        *,
        threads: Annotated[int, Ge(1)] = 1,
        batch: Annotated[int, Ge(1)] = 256,
        providers: tuple[str, ...] = ("CPUExecutionProvider",),
    ) -> None:
        self._network = Network(Path(weights), threads=threads, providers=providers)
        self._batch = batch

    def embed(self, frames: Sequence[Frame], detections: Sequence[Detections]) -> list[Detections]:
        """The same detections with features (n, d) of unit length; those of a box with no pixel in its picture are 0."""
        views = [view for frame, found in zip(frames, detections, strict=True) for view in crops(frame, found.boxes)]
        rows = np.zeros((len(views), self._network.length), np.float32)
        seen = [i for i, view in enumerate(views) if view.size]
        waiting = iter(seen)
        while portion := list(islice(waiting, self._batch)):
            rows[portion] = self._look([views[i] for i in portion])
        ends = np.cumsum([len(found) for found in detections])
        parts = np.split(rows, ends[:-1]) if len(ends) else []
        return [Detections(d.boxes, d.scores, d.labels, part) for d, part in zip(detections, parts, strict=True)]

    def _look(self, views: list[Bgr]) -> Floats32:
        width, height = self._network.width, self._network.height
        return self._network.see(np.stack([fitted(view, width, height) for view in views]))
