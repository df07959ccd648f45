"""What goes into a network and what comes out: names, shapes and kinds of numbers, as its ONNX graph says."""

from __future__ import annotations

from typing import Any

import onnx

FREE = "any"  # a side of an array that the graph leaves open, such as the batch


def signature(model: onnx.ModelProto) -> dict[str, list[dict[str, Any]]]:
    """Inputs and outputs in order: name, shape (numbers, or FREE) and dtype as numpy calls it."""
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    return {"inputs": [_of(value) for value in inputs], "outputs": [_of(value) for value in model.graph.output]}


def _of(value: onnx.ValueInfoProto) -> dict[str, Any]:
    tensor = value.type.tensor_type
    shape = [side.dim_value if side.HasField("dim_value") else FREE for side in tensor.shape.dim]
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    return {"name": value.name, "shape": shape, "dtype": str(dtype)}
