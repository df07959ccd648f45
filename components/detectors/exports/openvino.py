"""Writes a network in OpenVINO's own form: an .xml with the graph, and a .bin with the weights."""

from __future__ import annotations

import sys
from pathlib import Path

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # not there: else the import alone phones home
import openvino as ov  # noqa: E402

from components.detectors.engines.onnx import engine  # noqa: E402
from components.detectors.network import free_form  # noqa: E402
from components.detectors.runtimes import Precision, Setting  # noqa: E402


def write(weights: Path, path: Path, precision: Precision) -> None:
    """The network in `weights` (ONNX; for int8 the one of integers) as `path` (.xml) and the .bin beside it."""
    content = weights.read_bytes() if precision == "int8" else free_form(weights, engine(None, Setting()))
    model = ov.Core().read_model(content)
    ov.save_model(model, str(path), compress_to_fp16=precision == "f16")
