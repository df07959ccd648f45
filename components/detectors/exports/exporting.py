"""Writes the files by which a runtime runs a trained network, beside one another and under the names that it looks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from components.contracts import Floats32, InputError
from components.detectors.runtimes import PRECISIONS, Precision, Runtime, files


def write(weights: Path, folder: Path, runtime: Runtime, precision: Precision, blobs: Sequence[Floats32]) -> tuple[Path, ...]:
    """What `runtime` needs in `folder`, made of the ONNX file `weights`; nothing where that is what it needs.

    int8 is calibrated with `blobs` (1, 3, h, w), what the network is given for real frames. Raises InputError for a precision
    that the runtime does not have, and where this machine lacks what makes the files.
    """
    if runtime == "torch" or precision not in PRECISIONS[runtime] or precision == "bf16":
        able = ", ".join(each for each in PRECISIONS[runtime] if each != "bf16")
        why = "it is what flows.train writes" if runtime == "torch" else f"it is exported in {able}"
        raise InputError(f"formats=[{runtime}] precision={precision}: {why}")
    made = files(folder / weights.name, runtime, precision)
    if made[0].name == weights.name:
        return ()
    source = weights
    if precision == "int8":
        source = files(folder / weights.name, "onnx", "int8")[0]
        if not source.is_file():
            _integers(weights, source, blobs)
    _written(source, made[0], runtime, precision)
    return made


def _integers(weights: Path, path: Path, blobs: Sequence[Floats32]) -> None:
    from components.detectors.exports.onnx import integers

    integers(weights, path, blobs)


def _written(source: Path, path: Path, runtime: Runtime, precision: Precision) -> None:
    """Libraries are imported when they are asked for: a machine may have one and not the other."""
    try:
        if runtime == "openvino":
            from components.detectors.exports import openvino

            openvino.write(source, path, precision)
        elif runtime == "tensorrt":
            from components.detectors.exports import tensorrt

            tensorrt.write(source, path, precision)
        elif precision == "f16":
            from components.detectors.exports.onnx import half

            half(source, path)
    except ImportError as error:
        raise InputError(
            f"formats=[{runtime}]: this machine has no {runtime} ({error}); run flows.export where it is installed"
        ) from error
