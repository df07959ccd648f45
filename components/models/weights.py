"""Reads weights from a local file without running anything that the file contains."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from components.contracts import InputError


def load_weights(module: nn.Module, path: str, *, name: str) -> None:
    """Copy the tensors of a .safetensors file, or of a state dict saved by torch (.pt, .pth), into `module`, called `name`.

    Raises InputError where the file is missing, unreadable, holds pickled code, or belongs to another architecture.
    """
    state = _read(Path(path))
    expected = module.state_dict()
    problems = _mismatch(expected, state)
    if problems:
        raise InputError(
            f"weights {path}: not of architecture {name}: {'; '.join(problems)}. Choose the model= that they were trained with, "
            "or leave model.weights empty to start from random weights."
        )
    module.load_state_dict({key: state[key] for key in expected})


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise InputError(f"weights {path}: no such file; give the path of a .safetensors, .pt or .pth file, or leave it empty.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch remarks on old pickles before it refuses them
            state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise InputError(
            f"weights {path}: contains pickled code, which is not run; expected plain tensors. "
            "Save the model's state_dict() with safetensors and give that file."
        ) from None
    except (SafetensorError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise InputError(
            f"weights {path}: cannot be read ({_first_line(error)}); expected safetensors or a torch state dict."
        ) from None
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise InputError(
            f"weights {path}: expected a state dict (names to tensors), found {type(state).__name__} with other things."
        )
    return state


def _mismatch(expected: dict[str, Tensor], found: dict[str, Tensor]) -> list[str]:
    """What differs, one phrase per kind of difference, each with one example."""
    missing = [key for key in expected if key not in found]
    extra = [key for key in found if key not in expected]
    shapes = [key for key in expected if key in found and expected[key].shape != found[key].shape]
    problems = []
    if missing:
        problems.append(f"{len(missing)} of {len(expected)} tensors missing, such as {missing[0]}")
    if extra:
        problems.append(f"{len(extra)} unexpected, such as {extra[0]}")
    if shapes:
        key = shapes[0]
        problems.append(
            f"{len(shapes)} of another shape, such as {key} {tuple(found[key].shape)}, expected {tuple(expected[key].shape)}"
        )
    return problems


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
