"""What runs a detection network, in which precision, and from which file beside its weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from components.contracts import InputError
from components.detectors.network import Engine

Runtime = Literal["onnx", "openvino", "torch", "tensorrt"]
Precision = Literal["f32", "bf16", "f16", "int8"]
Device = Literal["cpu", "cuda"]

PRECISIONS: dict[str, tuple[Precision, ...]] = {
    "onnx": ("f32", "f16", "int8"),
    "openvino": ("f32", "bf16", "f16", "int8"),
    "torch": ("f32",),
    "tensorrt": ("f32", "f16", "int8"),
}
DEVICES: dict[str, tuple[Device, ...]] = {
    "onnx": ("cpu", "cuda"),
    "openvino": ("cpu",),
    "torch": ("cpu", "cuda"),
    "tensorrt": ("cuda",),
}
PACKAGES = {"onnx": "onnxruntime", "openvino": "openvino", "torch": "torch", "tensorrt": "tensorrt"}
TORCH_WEIGHTS = "weights.safetensors"  # beside model.onnx


class Recipe(Protocol):
    """Makes the network, of random weights, that a file of weights belongs to; every model is one."""

    def build(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Setting:
    """How a network is run."""

    runtime: Runtime = "onnx"
    precision: Precision = "f32"
    device: Device | None = None  # None: the first of those that the runtime has
    threads: int = 1

    @property
    def place(self) -> Device:
        return self.device or DEVICES[self.runtime][0]

    def check(self) -> None:
        """Raise InputError for a precision or a device that the runtime does not have."""
        if self.precision not in PRECISIONS[self.runtime]:
            able = ", ".join(PRECISIONS[self.runtime])
            raise InputError(f"detector.precision={self.precision}: detector.runtime={self.runtime} has {able}")
        if self.place not in DEVICES[self.runtime]:
            able = ", ".join(DEVICES[self.runtime])
            raise InputError(f"detector.device={self.device}: detector.runtime={self.runtime} runs on {able} only")


def files(weights: Path, runtime: Runtime, precision: Precision) -> tuple[Path, ...]:
    """What the network in `weights` (an ONNX file) is run from, all beside it; the first one is the one to open."""
    match runtime:
        case "torch":
            return (weights.with_name(TORCH_WEIGHTS),)
        case "onnx":
            return (weights if precision == "f32" else weights.with_name(f"{weights.stem}.{precision}.onnx"),)
        case "openvino":
            stored = "f32" if precision == "bf16" else precision  # bf16 is what is computed in, nothing is stored in it
            return tuple(weights.with_name(f"{weights.stem}.{stored}{ending}") for ending in (".xml", ".bin"))
    return (weights.with_name(f"{weights.stem}.{precision}.plan"),)


def engine(weights: Path, setting: Setting, network: Recipe | None) -> Engine:
    """What runs the network in `weights`, an ONNX file. Raises InputError where files or libraries are missing."""
    setting.check()
    if (network is None) == (setting.runtime == "torch"):
        raise InputError(
            "detector.runtime=torch needs detector.network, the kind of network that the weights are of; the card of a model "
            "that flows.train made says it (model.json beside the weights), and no other runtime takes it"
        )
    opened = files(weights, setting.runtime, setting.precision)
    direct = setting.runtime == "openvino" and setting.precision in ("f32", "bf16") and not opened[0].is_file()
    missing = [] if direct else [path for path in opened if not path.is_file() and path != weights]
    if missing:
        wanted = f"detector.runtime={setting.runtime} in {setting.precision}"
        raise InputError(f"{wanted}: {missing[0]} is not there; {_made(setting)}")
    module = _module(setting.runtime)
    if setting.runtime == "torch":
        made: Engine = module.engine(opened[0], network, setting)
    else:
        made = module.engine(None if direct or opened[0] == weights else opened[0], setting)
    return made


def _made(setting: Setting) -> str:
    if setting.runtime == "torch":
        return "flows.train writes it beside model.onnx"
    words = f"formats=[{setting.runtime}] precision={setting.precision}"
    return f"python -m flows.export weights=models:/<name>/<version> {words} makes it for a registered model"


def _module(runtime: Runtime) -> Any:
    """Imported when it is asked for: who serves by one runtime needs none of the others."""
    try:
        match runtime:
            case "onnx":
                from components.detectors.engines import onnx

                return onnx
            case "openvino":
                from components.detectors.engines import openvino

                return openvino
            case "torch":
                from components.detectors.engines import torch

                return torch
            case "tensorrt":
                from components.detectors.engines import tensorrt

                return tensorrt
    except ImportError as error:
        raise InputError(
            f"detector.runtime={runtime}: this machine has no {PACKAGES[runtime]} ({error}); install it, or take another runtime"
        ) from error
