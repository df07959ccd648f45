"""Where a config value came from: the YAML file and line, or the word on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


@dataclass(slots=True)
class Origins:
    """Looks a key path up in the files that made the config `name` with `overrides`; reads them only when asked."""

    name: str
    overrides: Sequence[str]
    _found: dict[str, str] = field(default_factory=dict)

    def of(self, path: str) -> str:
        """`conf/detector/onnx.yaml:4: detector.score`, by the nearest key that a file has; `path` alone where none is known.

        What a camera inherits is spelled as it stands in the file, so that a fleet of 200 cameras has one mistake, not 200.
        """
        if not self._found:
            self._found = dict(_read(self.name, self.overrides))
        for candidate, spelled in _upwards(path):
            if candidate in self._found:
                return f"{self._found[candidate]}: {spelled}"
        return path


def _upwards(path: str) -> Iterator[tuple[str, str]]:
    """The path, what it inherits from, and every key above it; and how the path is spelled from there."""
    parts = path.replace("[", ".").replace("]", "").split(".")
    shared = path.replace(".".join(parts[:3]), "fleet.every_camera", 1)
    for length in range(len(parts), 0, -1):
        yield ".".join(parts[:length]), path
        if parts[:2] == ["fleet", "cameras"] and length > 3:
            yield ".".join(["fleet", "every_camera", *parts[3:length]]), shared


def _read(name: str, overrides: Sequence[str]) -> Iterator[tuple[str, str]]:
    from hydra.core.global_hydra import GlobalHydra
    from hydra.types import RunMode

    from flows._launch import initialized

    with initialized():
        loader: Any = GlobalHydra.instance().config_loader()
        defaults = loader.compute_defaults_list(name, list(overrides), RunMode.RUN).defaults
        for default in defaults:
            result = loader.repository.load_config(default.config_path) if default.config_path else None
            if result is None or result.path is None or not result.path.startswith("file://"):
                continue
            file = Path(result.path.removeprefix("file://"), f"{default.config_path}.yaml")
            if file.is_file():
                yield from _lines(file, default.package or "")
    for word in overrides:
        yield word.split("=")[0].lstrip("+~").split("@")[0].replace("/", "."), f"command line, {word}"


def _lines(file: Path, package: str) -> Iterator[tuple[str, str]]:
    shown = _shown(file)
    for path, line in _walk(yaml.compose(file.read_text(), Loader=yaml.SafeLoader), package):
        yield path, f"{shown}:{line}"


def _walk(node: yaml.Node | None, at: str) -> Iterator[tuple[str, int]]:
    match node:
        case yaml.MappingNode():
            for key, value in node.value:
                path = f"{at}.{key.value}" if at else str(key.value)
                yield path, key.start_mark.line + 1
                yield from _walk(value, path)
        case yaml.SequenceNode():
            for i, value in enumerate(node.value):
                yield f"{at}.{i}", value.start_mark.line + 1
                yield from _walk(value, f"{at}.{i}")


def _shown(file: Path) -> str:
    try:
        return str(file.relative_to(Path(__file__).resolve().parents[1]))
    except ValueError:
        return str(file)
