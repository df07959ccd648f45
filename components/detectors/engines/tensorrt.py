"""Runs a network by TensorRT, from a plan that was made for this very kind of GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorrt as trt
import torch
from numpy.typing import NDArray

from components.contracts import Floats32, InputError
from components.detectors.network import Engine
from components.detectors.runtimes import Setting


def engine(plan: Path | None, _setting: Setting) -> Engine:
    """Raises InputError where there is no GPU, or the plan was made for another one or by another TensorRT."""
    if not torch.cuda.is_available():
        raise InputError("detector.runtime=tensorrt: this machine has no GPU that CUDA can use; use onnx or openvino here")
    assert plan is not None, "whoever chose TensorRT has looked for the plan"
    loaded = trt.Runtime(trt.Logger(trt.Logger.ERROR)).deserialize_cuda_engine(plan.read_bytes())
    if loaded is None:
        raise InputError(
            f"{plan}: made for another GPU or by another TensorRT than {trt.__version__}; run flows.export on this machine"
        )
    context, stream = loaded.create_execution_context(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
    outputs = [name for name in _names(loaded) if loaded.get_tensor_mode(name) == trt.TensorIOMode.OUTPUT]

    def run(name: str, batch: Floats32) -> dict[str, NDArray[Any]]:
        given = torch.from_numpy(batch).cuda()
        if not context.set_input_shape(name, tuple(given.shape)):
            raise RuntimeError(f"the plan does not take {tuple(given.shape)}")
        found = {each: torch.empty(tuple(context.get_tensor_shape(each)), device="cuda") for each in outputs}
        for each, tensor in ({name: given} | found).items():
            context.set_tensor_address(each, tensor.data_ptr())
        torch.cuda.current_stream().synchronize()
        context.execute_async_v3(stream.cuda_stream)
        stream.synchronize()
        return {each: tensor.cpu().numpy() for each, tensor in found.items()}

    return lambda _content: run


def _names(loaded: Any) -> list[str]:
    return [loaded.get_tensor_name(i) for i in range(loaded.num_io_tensors)]
