"""Finds people with a network in an ONNX file, whoever trained it; one word says what runs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from components.contracts import Detections, Frame
from components.detectors.finder import Finder
from components.detectors.network import Network
from components.detectors.runtimes import Device, Precision, Recipe, Runtime, Setting, engine


class Onnx:
    """People found by the network in the file `weights`; pictures are letterboxed to its input.

    `runtime` is what runs it: ONNX Runtime, OpenVINO, TensorRT, or PyTorch, which builds `network` and gives it the tensors of
    weights.safetensors. `device` is cpu or cuda, None for the runtime's own. `precision` is what is computed in; whatever
    `weights` itself does not hold is read from the file beside it that flows.export makes. `threads` are those of the runtime.

    `format` says how to read the outputs; `auto` goes by `model.json` beside the file, else by names and shapes. `score` is
    the least score to report, low for trackers that use weak detections; `iou` is the overlap beyond which the weaker
    of two boxes is dropped. With `sides` fitted a network that can do so computes no more padding than it must, a quarter of the
    work for a 4:3 picture in a square input. Frames go through in one batch where the network takes several, else one by one.
    Raises InputError where a file is missing, is not ONNX, or is no detector that we can read, and for what this machine lacks.
    """

    def __init__(
        self,
        weights: str,
        *,
        runtime: Runtime = "onnx",
        precision: Precision = "f32",
        device: Device | None = None,
        format: Literal["auto", "yolox", "yolov8", "boxes"] = "auto",
        score: float = 0.1,
        iou: float = 0.45,
        sides: Literal["fitted", "whole"] = "fitted",
        threads: int = 1,
        network: Recipe | None = None,
    ) -> None:
        runs = engine(Path(weights), Setting(runtime, precision, device, threads), network)
        self._finder = Finder(Network(Path(weights), runs, format=format, sides=sides), score=score, iou=iou)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, boxes in pixels of its native picture, best score first."""
        return self._finder.detect(frames)
