"""Runs a network by OpenVINO, on a processor of Intel or AMD."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # not there: else the import alone phones home
import openvino as ov  # noqa: E402

from components.contracts import Floats32, InputError  # noqa: E402
from components.detectors.network import Engine, Run  # noqa: E402
from components.detectors.runtimes import Setting  # noqa: E402

TYPES = {"f32": "FP32", "bf16": "BF16", "f16": "FP16", "int8": "INT8"}  # our words, and those of a device


def engine(exported: Path | None, setting: Setting) -> Engine:
    """What runs the `exported` network, or else the ONNX file's content itself.

    f16 and bf16 are what it computes in. OpenVINO's own choice, bf16 wherever the processor knows it, is not offered: it keeps
    8 bits of a number, so a threshold found with f32 means something else. What int8 leaves is computed in f32. Raises
    InputError for a precision that the processor lacks.
    """
    core, precision = ov.Core(), setting.precision
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if TYPES[precision] not in able:
        raise InputError(f"detector.precision={precision}: this processor has none; it has {', '.join(able)}")
    hint = "f32" if precision == "int8" else precision
    settings = {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": setting.threads, "NUM_STREAMS": 1}
    return lambda content: _compiled(core, core.read_model(exported or content), settings)


def _compiled(core: ov.Core, model: Any, settings: dict[str, Any]) -> Run:
    compiled = core.compile_model(model, "CPU", settings)
    request, names = compiled.create_infer_request(), [output.any_name for output in compiled.outputs]

    def run(_name: str, batch: Floats32) -> dict[str, NDArray[Any]]:
        found = request.infer([batch])
        return {each: np.array(array) for each, array in zip(names, found.values(), strict=True)}

    return run
