"""Finds people with a network in an ONNX file, run by OpenVINO."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # not there: else the import alone phones home
import openvino as ov  # noqa: E402

from components.contracts import Detections, Floats32, Frame, InputError  # noqa: E402
from components.detectors.finder import Finder  # noqa: E402
from components.detectors.network import Network, Run  # noqa: E402

TYPES = {"f32": "FP32", "bf16": "BF16", "f16": "FP16"}  # our words, and those in which a device says what it can do


class OpenVino:
    """As `components.detectors.onnx.Onnx`, on a processor of Intel or AMD; which of the two is quicker depends on it.

    `precision` is what the network computes in. OpenVINO's own choice, bf16 wherever the processor knows it, is not offered: it
    keeps 8 bits of a number, so a threshold found with f32 means something else. A precision that the processor lacks is refused.
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
        precision: Literal["f32", "bf16", "f16"] = "f32",
    ) -> None:
        core = ov.Core()
        able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if TYPES[precision] not in able:
            raise InputError(f"precision {precision}: this processor has none; it has {', '.join(able)}")
        settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
        engine = lambda content: _compiled(core, content, settings)  # noqa: E731
        self._finder = Finder(Network(Path(weights), engine, format=format, sides=sides), score=score, iou=iou)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, boxes in pixels of its native picture, best score first."""
        return self._finder.detect(frames)


def _compiled(core: ov.Core, content: bytes, settings: dict[str, Any]) -> Run:
    compiled = core.compile_model(core.read_model(content), "CPU", settings)
    request, names = compiled.create_infer_request(), [output.any_name for output in compiled.outputs]

    def run(_name: str, batch: Floats32) -> dict[str, NDArray[Any]]:
        found = request.infer([batch])
        return {each: np.array(array) for each, array in zip(names, found.values(), strict=True)}

    return run
