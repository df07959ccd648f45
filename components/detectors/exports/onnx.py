"""Writes a network as ONNX in half precision, or in integers of eight bits."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import onnx.version_converter
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

from components.contracts import Floats32, InputError
from components.detectors.engines.onnx import engine
from components.detectors.network import free_form
from components.detectors.runtimes import Setting

QUANTIZED = [
    "Conv"
]  # what remains in floats decodes boxes up to hundreds of pixels beside scores below 1: one scale fits not both
OPSET = 13


def half(weights: Path, path: Path) -> None:
    """The network in `weights` with weights and arithmetic of 16 bits; pictures and answers stay floats of 32."""
    model = onnx.load_from_string(free_form(weights, engine(None, Setting())))
    onnx.save(convert_float_to_float16(model, keep_io_types=True), path)


def integers(weights: Path, path: Path, blobs: Sequence[Floats32]) -> None:
    """The network in `weights` with convolutions of 8 bits whose ranges are those that `blobs` (1, 3, h, w) show.

    Weights have a scale for each channel, and 7 bits: with 8, processors without VNNI instructions overflow, and a model is to
    answer alike on all of them. Raises InputError where there is nothing to calibrate with.
    """
    if not blobs:
        raise InputError("precision=int8: no picture to calibrate with; the train split of the model's dataset is empty")
    with TemporaryDirectory(prefix="wardflow-") as folder:
        plain, ready = Path(folder) / "plain.onnx", Path(folder) / "ready.onnx"
        onnx.save(_new_enough(onnx.load_from_string(free_form(weights, engine(None, Setting())))), plain)
        with _quiet():
            quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
            quantize_static(
                str(ready), str(path), _Pictures(_entrance(ready), blobs), quant_format=QuantFormat.QDQ,
                op_types_to_quantize=QUANTIZED, per_channel=True, reduce_range=True, activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax,
                calibration_providers=["CPUExecutionProvider"],
            )  # fmt: skip


class _Pictures(CalibrationDataReader):  # type: ignore[misc]
    """Hands out one blob after the other."""

    def __init__(self, name: str, blobs: Sequence[Floats32]) -> None:
        self._left: Iterator[Floats32] = iter(blobs)
        self._name = name

    def get_next(self) -> dict[str, Floats32] | None:
        blob = next(self._left, None)
        return None if blob is None else {self._name: blob}


class _quiet:  # noqa: N801 - used as a word
    """The quantizer's advice goes nowhere: it is about choices that were made above."""

    def __enter__(self) -> None:
        self._before = logging.root.manager.disable
        logging.disable(logging.WARNING)

    def __exit__(self, *_: object) -> None:
        logging.disable(self._before)


def _new_enough(model: onnx.ModelProto) -> onnx.ModelProto:
    """A scale for each channel came with opset 13."""
    opset = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    return model if opset >= OPSET else onnx.version_converter.convert_version(model, OPSET)


def _entrance(path: Path) -> str:
    return str(onnx.load(path, load_external_data=False).graph.input[0].name)
