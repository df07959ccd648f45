"""Walks a frame through its preprocessing steps, and names the chain by its config and its code."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from importlib.util import find_spec, resolve_name
from pathlib import Path
from typing import Any

import numpy as np

from components.contracts import Frame, InputError, Rejected, Step, digest_of, file_digest

OURS = frozenset({"components", "plugins"})  # whose imports count as a step's code
INTERFACE = "components.contracts"  # only says what things are called: a new field of it changes no pixel


def apply(steps: Sequence[Step], frame: Frame) -> Frame | Rejected:
    """The frame after all `steps`, or the first reason to drop it.

    Raises InputError for a picture that is none, also where a step has made it so.
    """
    _check(frame, "camera")
    for step in steps:
        result = step(frame)
        if isinstance(result, Rejected):
            return result
        frame = result
        _check(frame, type(step).__name__)
    return frame


def hides(steps: Sequence[Step]) -> bool:
    """Whether a step hides people or areas, so that pictures from before it are nobody's business."""
    return any(getattr(step, "hides", False) for step in steps)


def digest(chain: Sequence[dict[str, Any]]) -> str:
    """The name of a chain: sha256 over its resolved config (plain dicts, each with a `_target_`) and the source of its steps.

    The source is that of the steps' modules and of all of ours that those import, directly or not; a file that the config
    names counts by its content, wherever it lies. So the name depends on values, order, code and files only, is the same on
    every machine, and changes with any of them. Versions of libraries do not count.
    """
    modules = _reached({target.rpartition(".")[0] for target in _targets(list(chain))})
    code = {module: hashlib.sha256(source.encode()).hexdigest() for module, source in sorted(modules.items())}
    return digest_of({"config": _by_content(list(chain)), "code": code})


def _check(frame: Frame, maker: str) -> None:
    """Raise InputError unless the picture is one that steps can work on."""
    image = frame.image
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        what = f"{image.dtype} of shape {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise InputError(
            f"camera {frame.camera.id}, time {frame.time}: the picture that {maker} gives is {what}, "
            "expected uint8 of shape (height, width, 3), BGR, with pixels in it; convert it where it is read"
        )
    if frame.to_native.shape != (3, 3) or not np.isfinite(frame.to_native).all():
        raise InputError(
            f"camera {frame.camera.id}: to_native of {maker} is {frame.to_native.tolist()}, expected 3x3 finite numbers"
        )


def _targets(config: Any) -> Iterator[str]:
    """Every `_target_` in `config`, however deep."""
    if isinstance(config, dict):
        yield from [config["_target_"]] if "_target_" in config else []
        config = list(config.values())
    if isinstance(config, list | tuple):
        for value in config:
            yield from _targets(value)


def _by_content(config: Any) -> Any:
    """`config` with the digest of its content in the place of every path of a file."""
    if isinstance(config, dict):
        return {key: value if key == "_target_" else _by_content(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [_by_content(value) for value in config]
    if isinstance(config, str) and Path(config).suffix and len(config) < 4096 and Path(config).is_file():
        return f"sha256:{file_digest(Path(config))}"
    return config


def _reached(modules: set[str]) -> dict[str, str]:
    """The source of `modules` and of all that they import of ours, by name, with the line ends of any checkout."""
    sources: dict[str, str] = {}
    waiting = sorted(modules)
    while waiting:
        module = waiting.pop()
        path = None if module in sources else _file(module)
        if path:
            sources[module] = path.read_text(encoding="utf-8")
            waiting += [name for name in _imported(module, path, sources[module]) if name not in sources and _file(name)]
        elif module not in sources:
            raise InputError(
                f"preprocessing step in module {module!r}: no such module, expected one such as components.preprocessing.resize"
            )
    return sources


def _imported(module: str, path: Path, source: str) -> Iterator[str]:
    """What of ours a module may import: `from a import b` may mean the module a.b, or something in a."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if name.partition(".")[0] in OURS | {module.partition(".")[0]} and name != INTERFACE)


def _file(module: str) -> Path | None:
    """Where the source of a module is; nothing but its outermost package is imported to find out."""
    top, *rest = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None
    for folder in spec.submodule_search_locations or ():
        stem = Path(folder, *rest)
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.is_file():
                return path
    return None
