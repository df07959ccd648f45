"""Copies the tensors out of a pickled torch model without running anything that the file contains.

python -m components.models.pickled yolov8n.pt yolov8n.safetensors
"""

from __future__ import annotations

import io
import os
import pickle
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from components.contracts import InputError

MODELS = ("ema", "model")  # where training programs keep their network, the averaged one first
_HARMLESS = {
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("torch", "Size"): torch.Size,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
}


class Inert:
    """Stands for an object of whatever class, or for what whatever function gave: it holds its state and does nothing."""

    state: Any = None

    def __new__(cls, *_: Any, **__: Any) -> Inert:
        return object.__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def append(self, item: Any) -> None: ...

    def extend(self, items: Any) -> None: ...


class Reader(pickle.Unpickler):
    """Imports nothing: all but tensors and plain containers become inert."""

    def find_class(self, module: str, name: str) -> Any:
        return _HARMLESS.get((module, name), Inert)


_PICKLE = SimpleNamespace(__name__="inert", Unpickler=Reader)  # what torch takes for the module `pickle`


def tensors_of(path: Path) -> dict[str, Tensor]:
    """The state dict of the network in a file that `torch.save` made of the network itself, in float32.

    Raises InputError where the file holds no network.
    """
    try:
        if not zipfile.is_zipfile(path):
            raise InputError(f"weights {path}: not a file of torch.save (1.6 or later); there is nothing to copy out of it.")
        content = io.BytesIO(path.read_bytes())
        whole = torch.load(content, map_location="cpu", weights_only=False, pickle_module=_PICKLE)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, AttributeError, TypeError) as error:
        raise InputError(f"weights {path}: cannot be read ({type(error).__name__}: {error})") from None
    found = dict(_tensors(_network(whole), ""))
    if not found:
        raise InputError(f"weights {path}: holds no network under {' or '.join(MODELS)}, nor is it one itself.")
    return found


def convert(source: Path, target: Path) -> None:
    """Write the tensors of the network in `source` to `target` as safetensors, whole or not at all."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    part.write_bytes(save(tensors_of(source)))
    part.replace(target)


def _network(whole: Any) -> Any:
    if isinstance(whole, dict):
        return next((whole[name] for name in MODELS if isinstance(whole.get(name), Inert)), None)
    return whole


def _tensors(module: Any, prefix: str) -> Iterator[tuple[str, Tensor]]:
    """Parameters and lasting buffers, named as `state_dict()` names them."""
    state = module.state if isinstance(module, Inert) else None
    if not isinstance(state, dict):
        return
    fleeting = state.get("_non_persistent_buffers_set") or ()
    for name, tensor in {**state.get("_parameters", {}), **state.get("_buffers", {})}.items():
        if isinstance(tensor, Tensor) and name not in fleeting:
            plain = tensor.detach()
            yield f"{prefix}{name}", (plain.float() if plain.is_floating_point() else plain).clone().contiguous()
    for name, child in state.get("_modules", {}).items():
        yield from _tensors(child, f"{prefix}{name}.")


def main(words: list[str]) -> str:
    """What the command says."""
    if len(words) != 2:
        return "usage: python -m components.models.pickled FROM.pt TO.safetensors"
    try:
        convert(Path(words[0]), Path(words[1]))
    except (InputError, OSError) as error:
        return str(error)
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or None)
