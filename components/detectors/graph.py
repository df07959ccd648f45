"""Reads an ONNX file: what goes in, and the same network for pictures of any size."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto

from components.contracts import InputError
from components.signature import signature

EXPECTED = (
    "YOLOX (batch, cells, 5 + classes), YOLOv8 (batch, 4 + classes, n), or outputs named boxes, scores and labels, "
    "for one input (1 or free, 3, height, width) of float32"
)


@dataclass(frozen=True, slots=True)
class Entrance:
    """The one input of a network."""

    name: str
    several: bool  # whether several pictures go in at once
    width: int
    height: int


def load(weights: Path) -> onnx.ModelProto:
    """The network in the file. Raises InputError where there is none."""
    if not weights.is_file():
        raise InputError(f"weights {weights}: no such file; give detector.weights the path of an .onnx file")
    try:
        model = onnx.load(weights)
    except Exception as error:  # whatever the parser makes of a file that is something else
        raise InputError(f"weights {weights}: not an ONNX file ({said(error)})") from error
    if not model.graph.node:
        raise InputError(f"weights {weights}: not an ONNX file with a network in it")
    return model


def card_of(weights: Path) -> dict[str, Any]:
    """What the training wrote beside its weights, in model.json; {} for weights of other people."""
    path = weights.with_name("model.json")
    if not path.is_file():
        return {}
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); it describes the weights beside it: mend it or take it away") from error
    if not isinstance(card, dict):
        raise InputError(f"{path}: a {type(card).__name__}, expected an object with format, input and classes")
    return card


def check(weights: Path, model: onnx.ModelProto, card: dict[str, Any]) -> None:
    """Raise InputError where the graph takes or gives something else than its card says."""
    wanted = card.get("signature")
    if wanted and (found := signature(model)) != wanted:
        raise InputError(
            f"detector.weights {weights}: the graph has {found}, its model.json says {wanted}: one of the two files is "
            "of another model; fetch both again"
        )


def entrance(weights: Path, model: onnx.ModelProto, card: dict[str, Any]) -> Entrance:
    """What the network wants to be given; its sides are in the file, or else in `card`."""
    inputs, shape = _inputs(model), _shape(_inputs(model)[0])
    batch, channels = shape[:2] if len(shape) == 4 else (None, None)
    fixed = isinstance(batch, int)
    kind = inputs[0].type.tensor_type.elem_type
    if len(inputs) != 1 or channels != 3 or (fixed and batch != 1) or kind != TensorProto.FLOAT:
        found = ", ".join(f"{each.name} {_shape(each)} {_kind(each)}" for each in inputs)
        raise InputError(f"weights {weights}: the inputs are {found}; expected {EXPECTED}")
    given = card.get("input", {})
    height, width = (
        axis if isinstance(axis, int) else given.get(key) for axis, key in zip(shape[2:], ("height", "width"), strict=True)
    )
    if not isinstance(width, int) or not isinstance(height, int):
        raise InputError(
            f"weights {weights}: the input {shape} has no fixed size; put input.width and input.height into model.json beside it"
        )
    outputs = {output.name: _shape(output) for output in model.graph.output}
    return Entrance(inputs[0].name, not fixed and len(outputs.get("labels", (0, 0))) != 1, width, height)


def freed(model: onnx.ModelProto) -> bytes:
    """The same network with an input of any batch, height and width; it may not run, as sizes can be written all over it."""
    free = onnx.ModelProto()
    free.CopyFrom(model)
    for dim, name in zip(_inputs(free)[0].type.tensor_type.shape.dim, ("batch", "", "height", "width"), strict=True):
        if name:
            dim.dim_param = name
    for output in free.graph.output:
        output.type.tensor_type.ClearField("shape")
    del free.graph.value_info[:]
    content: bytes = free.SerializeToString()
    return content


def said(error: Exception) -> str:
    """The last clause of an error's first line that ends in one; OpenVINO's begin with the place in its own source."""
    clauses = (line.rpartition(":")[2].strip() for line in str(error).splitlines())
    return next(filter(None, clauses), type(error).__name__)


def _inputs(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    weights = {each.name for each in model.graph.initializer}  # old files list them as inputs too
    return [each for each in model.graph.input if each.name not in weights]


def _shape(value: onnx.ValueInfoProto) -> list[int | str]:
    return [dim.dim_param or dim.dim_value or "?" for dim in value.type.tensor_type.shape.dim]


def _kind(value: onnx.ValueInfoProto) -> str:
    return f"tensor({TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()})"
