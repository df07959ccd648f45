"""What an interrupted training has left: whether this code can go on from it."""

from __future__ import annotations

import logging
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from components.training.learner import Learner

_LOG = logging.getLogger(__name__)
BROKEN = (OSError, EOFError, KeyError, TypeError, AttributeError, RuntimeError, pickle.UnpicklingError, zipfile.BadZipFile)


def resumable(path: Path, learner: Learner) -> bool:
    """Whether `path` is a whole checkpoint of such a network with such an optimiser; the log says where it is not."""
    if not path.is_file():
        return False
    try:
        left = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        problem = _difference(left["state_dict"], learner.state_dict()) or _steps(left["optimizer_states"], learner)
    except BROKEN as error:
        problem = f"cannot be read ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
    if problem:
        _LOG.warning("checkpoint %s is of other code or damaged (%s): the training begins anew", path, problem)
    return not problem


def loadable(path: Path, body: nn.Module) -> bool:
    """Whether the weights in `path` are those of such a network; the log says where they are not."""
    try:
        with safe_open(path, framework="pt") as file:
            left = {name: _Shape(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            problem = _difference(left, body.state_dict())
    except (*BROKEN, SafetensorError) as error:
        problem = f"cannot be read ({error})"
    if problem:
        _LOG.warning("weights %s are of other code or damaged (%s): the training begins anew", path, problem)
    return not problem


class _Shape:
    """Of a tensor that is not read."""

    def __init__(self, shape: list[int]) -> None:
        self.shape = tuple(shape)


def _difference(left: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """The first name that only one has, or whose tensor has another shape; empty where there is none."""
    for name in [*now, *left]:
        if name not in left or name not in now:
            return f"{name} is {'new' if name in now else 'gone'}"
        if tuple(getattr(left[name], "shape", ())) != tuple(getattr(now[name], "shape", ())):
            return f"{name} has another shape"
    return ""


def _steps(left: list[dict[str, Any]], learner: Learner) -> str:
    """What is wrong with the state of the optimiser."""
    counts = [[len(group["params"]) for group in state["param_groups"]] for state in left]
    return "" if counts == [learner.group_sizes] else "its optimiser has other groups"
