"""Walks a frame through its preprocessing steps, and names the chain by its config and its code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from components.contracts import Frame, InputError, Rejected, Step, digest_of


def apply(steps: Sequence[Step], frame: Frame) -> Frame | Rejected:
    """The frame after all `steps`, or the first reason to drop it."""
    for step in steps:
        result = step(frame)
        if isinstance(result, Rejected):
            return result
        frame = result
    return frame


def digest(chain: Sequence[dict[str, Any]]) -> str:
    """The name of a chain: sha256 over its resolved config (plain dicts, each with a `_target_`) and the source of its steps.

    It depends on values, order and code only, so it is the same on every machine, and changes with any of the three.
    """
    modules = {target.rpartition(".")[0] for target in _targets(list(chain))}
    return digest_of({"config": list(chain), "code": {module: _code(module) for module in sorted(modules)}})


def _targets(config: Any) -> Iterator[str]:
    """Every `_target_` in `config`, however deep."""
    if isinstance(config, dict):
        yield from [config["_target_"]] if "_target_" in config else []
        config = list(config.values())
    if isinstance(config, list):
        for value in config:
            yield from _targets(value)


def _code(module: str) -> str:
    """The sha256 of a module's source, with the line ends of any checkout."""
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        raise InputError(
            f"preprocessing step in module {module!r}: no such module, expected one such as components.preprocessing.resize"
        )
    return hashlib.sha256(Path(spec.origin).read_text(encoding="utf-8").encode()).hexdigest()
