"""Runs a network by PyTorch, as it was trained: what the other runtimes are compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from components.contracts import Floats32, InputError
from components.detectors.network import Engine
from components.detectors.runtimes import Recipe, Setting


def engine(weights: Path, recipe: Recipe, setting: Setting) -> Engine:
    """The network of `recipe` with the tensors of `weights`, to answer. The number of threads holds for the whole process."""
    if setting.place == "cuda" and not torch.cuda.is_available():
        raise InputError("detector.device=cuda: PyTorch sees no GPU on this machine; use detector.device=cpu")
    with torch.random.fork_rng():  # the weights that it begins with are replaced
        network = recipe.build()
    try:
        network.body.load_state_dict(load_file(weights))
    except RuntimeError as error:
        raise InputError(f"weights {weights}: of another network than {type(network).__name__} ({_first(error)})") from None
    network = network.eval().to(setting.place)
    torch.set_num_threads(setting.threads)

    def run(_name: str, batch: Floats32) -> dict[str, NDArray[Any]]:
        with torch.inference_mode():
            return {"output": network(torch.from_numpy(batch).to(setting.place)).float().cpu().numpy()}

    return lambda _content: run


def _first(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
