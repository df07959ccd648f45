"""Runs a network by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnxruntime as ort
from numpy.typing import NDArray

from components.contracts import Floats32, InputError
from components.detectors.network import Engine, Run
from components.detectors.runtimes import Setting

PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


def engine(exported: Path | None, setting: Setting) -> Engine:
    """What runs the `exported` network, or else the content itself. InputError where this ONNX Runtime cannot use the device."""
    provider = PROVIDERS[setting.place]
    if provider not in ort.get_available_providers():
        raise InputError(
            f"detector.device={setting.place}: this ONNX Runtime has {', '.join(ort.get_available_providers())}; "
            "install onnxruntime-gpu on a machine with a GPU, or use detector.device=cpu"
        )
    fixed = exported.read_bytes() if exported else None
    return lambda content: session(fixed or content, setting.threads, (provider,))


def session(content: bytes, threads: int, providers: tuple[str, ...]) -> Run:
    """The network in the bytes of an ONNX file."""
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # spinning threads starve whatever shares the cores
    options.log_severity_level = 4
    opened = ort.InferenceSession(content, options, providers=list(providers))
    names = [output.name for output in opened.get_outputs()]

    def run(name: str, batch: Floats32) -> dict[str, NDArray[Any]]:
        return dict(zip(names, opened.run(names, {name: batch}), strict=True))

    return run
