"""Reads weights from a local file without running anything that the file contains."""

from __future__ import annotations

import copy
import logging
import pickle
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from components.contracts import InputError
from components.models.published import Table

_LOG = logging.getLogger(__name__)
COUNTER = ".num_batches_tracked"  # of normalisation; frozen ones, as in torchvision's published detectors, have none


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which tensors of a network may be missing from a file of weights, or be otherwise there. They begin at random then."""

    name: str  # of the architecture
    classes: tuple[str, ...] = ()  # beginnings of names: tensors whose shape follows the number of classes
    backbone: str = ""  # the beginning of the names that a classifier's file has without it; "": such files do not fit
    published: tuple[str, ...] = ()  # what else model.weights may be

    @staticmethod
    def of(name: str, table: Table, *, classes: tuple[str, ...] = (), backbone: str = "") -> Layout:
        return Layout(name=name, classes=classes, backbone=backbone, published=tuple(table))


def load_weights(module: nn.Module, path: str, layout: Layout) -> None:
    """Copy the tensors of a .safetensors file, or of a state dict saved by torch (.pt, .pth), into `module`.

    Says in the log what begins at random because the file was made for other classes, or is of the backbone alone.
    Raises InputError where the file is missing, unreadable, holds pickled code, or belongs to another architecture.
    """
    state = _read(Path(path), layout)
    expected = module.state_dict()
    state, within = _placed(state, expected, layout.backbone)
    shapes = [key for key in expected if key in state and expected[key].shape != state[key].shape]
    fitting = {key: tensor for key, tensor in state.items() if key not in shapes}
    trial = copy.deepcopy(module)  # torchvision's modules rename what older files call otherwise, but only while they load
    outcome = trial.load_state_dict(_versioned(fitting, state), strict=False)
    missing = [key for key in outcome.missing_keys if key not in shapes and not key.endswith(COUNTER)]
    random = [key for key in [*missing, *shapes] if _may_differ(key, layout, within)]
    problems = _problems(
        expected, state,
        missing=[key for key in missing if key not in random], extra=[] if within else list(outcome.unexpected_keys),
        shapes=[key for key in shapes if key not in random],
    )  # fmt: skip
    if problems:
        raise InputError(
            f"weights {path}: not of architecture {layout.name}: {'; '.join(problems)}. Choose the model= that they were trained "
            "with, or leave model.weights empty to start from random weights."
        )
    module.load_state_dict(trial.state_dict())
    if random:
        why = "the file is of the backbone alone" if within else "the file was made for other classes"
        _LOG.info(
            "weights %s: %d of %d tensors of %s loaded; %d begin at random, as %s: %s",
            path, len(expected) - len(random), len(expected), layout.name, len(random), why, _short(random),
        )  # fmt: skip


def _read(path: Path, layout: Layout) -> dict[str, Tensor]:
    if not path.is_file():
        names = f", or one of {', '.join(layout.published)}, which flows.train fetches" if layout.published else ""
        raise InputError(
            f"weights {path}: no such file; give the path of a .safetensors, .pt or .pth file, a registered version such as "
            f"models:/staff_detector/3{names}, or leave it empty."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch remarks on old pickles before it refuses them
            state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise InputError(
            f"weights {path}: contains pickled code, which is not run; expected plain tensors. "
            f"python -m components.models.pickled {path} {path.with_suffix('.safetensors')} copies the tensors out of a model "
            "that was saved whole, as ultralytics does; give it the new file."
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


def _placed(state: dict[str, Tensor], expected: Mapping[str, Tensor], backbone: str) -> tuple[dict[str, Tensor], bool]:
    """`state` under the names of the whole network, and whether it is of the backbone alone."""
    if not backbone or any(key in expected for key in state):
        return state, False
    by_name = {_flat(key): key for key in state}
    inner = {key: by_name.get(_flat(key.removeprefix(backbone))) for key in expected if key.startswith(backbone)}
    found = {key: state[name] for key, name in inner.items() if name is not None}
    return (found, True) if found else (state, False)


def _flat(key: str) -> str:
    """timm joins names with _ where it takes a network apart into levels."""
    return key.replace(".", "_")


def _versioned(fitting: dict[str, Tensor], state: dict[str, Tensor]) -> dict[str, Tensor]:
    """With the versions of modules that torch notes beside a state dict, if it did."""
    if hasattr(state, "_metadata"):
        fitting = type(state)(fitting)
        fitting._metadata = state._metadata  # type: ignore[attr-defined]
    return fitting


def _may_differ(key: str, layout: Layout, within: bool) -> bool:
    return key.startswith(layout.classes) or (within and not key.startswith(layout.backbone))


def _problems(
    expected: Mapping[str, Tensor],
    found: Mapping[str, Tensor],
    *,
    missing: Sequence[str],
    extra: Sequence[str],
    shapes: Sequence[str],
) -> list[str]:
    """What differs, one phrase per kind of difference, each with one example."""
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


def _short(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
