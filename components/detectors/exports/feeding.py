"""What a network is given for some frames: what int8 is calibrated with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from components.contracts import Floats32, Frame
from components.detectors.engines.onnx import engine
from components.detectors.finder import Finder
from components.detectors.network import Network, Run
from components.detectors.runtimes import Setting


def fed(weights: Path, frames: Sequence[Frame]) -> list[Floats32]:
    """One blob (1, 3, height, width) for each frame, exactly as the network in `weights` (ONNX) gets it when it serves."""
    blobs: list[Floats32] = []
    inner = engine(None, Setting())

    def remembering(content: bytes) -> Run:
        run = inner(content)

        def told(name: str, batch: Floats32) -> dict[str, NDArray[Any]]:
            blobs.append(batch)
            return run(name, batch)

        return told

    finder = Finder(Network(weights, remembering, format="auto", sides="fitted"), score=0.5, iou=0.5)
    blobs.clear()  # those by which it found out how the network answers
    for frame in frames:
        finder.detect([frame])
    return blobs
