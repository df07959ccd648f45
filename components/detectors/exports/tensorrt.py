"""Builds a TensorRT plan for the GPU of this machine; it runs on no other kind."""

from __future__ import annotations

from pathlib import Path

import onnx
import tensorrt as trt
import torch

from components.contracts import InputError
from components.detectors import graph
from components.detectors.runtimes import Precision

MOST = 8  # frames of one batch
WORKSPACE = 2**30  # bytes that the builder may try things in


def write(weights: Path, path: Path, precision: Precision) -> None:
    """The network in `weights` (ONNX; for int8 the one of integers) as a plan for one size of picture and 1 to 8 of them.

    Raises InputError where there is no GPU, or TensorRT cannot build it.
    """
    if not torch.cuda.is_available():
        raise InputError("formats=[tensorrt]: this machine has no GPU that CUDA can use, and a plan is made for one GPU")
    builder = trt.Builder(trt.Logger(trt.Logger.ERROR))
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, trt.Logger(trt.Logger.ERROR))
    if not parser.parse(weights.read_bytes()):
        reasons = "; ".join(str(parser.get_error(i)) for i in range(parser.num_errors))
        raise InputError(f"{weights}: TensorRT {trt.__version__} cannot read it ({reasons})")
    settings = builder.create_builder_config()
    settings.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE)
    for flag in {"f16": [trt.BuilderFlag.FP16], "int8": [trt.BuilderFlag.INT8]}.get(precision, []):
        settings.set_flag(flag)
    entrance = graph.entrance(weights, onnx.load(weights), graph.card_of(weights))
    profile, most = builder.create_optimization_profile(), MOST if entrance.several else 1
    shapes = [(n, 3, entrance.height, entrance.width) for n in (1, most, most)]
    profile.set_shape(entrance.name, *shapes)
    settings.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, settings)
    if plan is None:
        raise InputError(f"{weights}: TensorRT {trt.__version__} cannot build it in {precision} on this GPU")
    path.write_bytes(bytes(plan))
