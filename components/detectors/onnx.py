"""Finds people with a network in an ONNX file, whoever trained it, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import onnxruntime as ort
from numpy.typing import NDArray

from components.contracts import Detections, Floats32, Frame, InputError
from components.detectors.finder import Finder
from components.detectors.network import Network, Run


class Onnx:
    """People found by the network in the file `weights`, run by ONNX Runtime; pictures are letterboxed to its input.

    `format` says how to read the outputs; `auto` goes by `model.json` beside the file, else by names and shapes. `score` is
    the least score to report, low for trackers that use weak detections; `iou` is the overlap beyond which the weaker
    of two boxes is dropped. With `sides` fitted a network that can do so computes no more padding than it must, a quarter of the
    work for a 4:3 picture in a square input. Frames go through in one batch where the network takes several, else one by one.
    Raises InputError where the file is missing, is not ONNX, or is no detector that we can read.
    """

    def __init__(
        self,
        weights: str,
        *,
        format: Literal["auto", "yolox", "yolov8", "boxes"] = "auto",
        score: float = 0.1,
        iou: float = 0.45,
        sides: Literal["fitted", "whole"] = "fitted",
        threads: int = 1,
        providers: tuple[str, ...] = ("CPUExecutionProvider",),
    ) -> None:
        if missing := [name for name in providers if name not in ort.get_available_providers()]:
            raise InputError(f"providers {missing}: not in this ONNX Runtime, which has {ort.get_available_providers()}")
        engine = lambda content: _session(content, threads, providers)  # noqa: E731
        self._finder = Finder(Network(Path(weights), engine, format=format, sides=sides), score=score, iou=iou)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, boxes in pixels of its native picture, best score first."""
        return self._finder.detect(frames)


def _session(content: bytes, threads: int, providers: tuple[str, ...]) -> Run:
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # spinning threads starve whatever shares the cores
    options.log_severity_level = 4
    session = ort.InferenceSession(content, options, providers=list(providers))
    names = [output.name for output in session.get_outputs()]

    def run(name: str, batch: Floats32) -> dict[str, NDArray[Any]]:
        return dict(zip(names, session.run(names, {name: batch}), strict=True))

    return run
