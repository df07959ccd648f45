"""Where a config value came from: the YAML file and line, or the word on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from components import secrets
from flows._profiles import BY_HOURS

Place = tuple[str, str, str]


@dataclass(slots=True)
class Origins:
    """Looks a key path up in the files that made the config `name` with `overrides`; reads them only when asked."""

    name: str
    overrides: Sequence[str]
    _found: dict[str, str] = field(default_factory=dict)
    _words: dict[str, str] = field(default_factory=dict)  # values of keys that say where else a camera's are

    def of(self, path: str) -> str:
        """`conf/detector/onnx.yaml:4: detector.score`, by the nearest key that a file has; `path` alone where none is known.

        What a camera inherits is spelled as it stands in the file, so that a fleet of 200 cameras has one mistake, not 200.
        """
        if not self._found:
            for key, place, value in _read(self.name, self.overrides):
                self._found[key] = place
                if key == "fleet.profile" or key.endswith(".group"):
                    self._words[key] = value
        for candidate, spelled in self._upwards(path):
            if candidate in self._found:
                return f"{self._found[candidate]}: {spelled}"
        return path

    def place(self, path: str) -> str:
        """`conf/detector/onnx.yaml:4`, or the word on the command line; empty where no file has the key or one above it."""
        found = self.of(path)
        return found.rpartition(": ")[0] if found != path else ""

    def _upwards(self, path: str) -> Iterator[tuple[str, str]]:
        """The path, what it inherits from, and every key above it; and how the path is spelled from there."""
        parts = path.replace("[", ".").replace("]", "").split(".")
        own, homes = ".".join(parts[:3]), [".".join(parts[:3])]
        if parts[:2] == ["fleet", "cameras"] and len(parts) > 2:
            homes = self._homes(parts[2])
        for length in range(len(parts), 0, -1):
            if length > 3:
                yield from ((".".join([home, *parts[3:length]]), path.replace(own, home, 1)) for home in homes)
            else:
                yield ".".join(parts[:length]), path

    def _homes(self, camera: str) -> list[str]:
        """Where values of a camera may stand, the strongest first."""
        own, profile = f"cameras.{camera}", self._words.get("fleet.profile", "")
        group = self._words.get(f"fleet.{own}.group", "")
        places = [own, *([f"groups.{group}"] if group else []), "every_camera"]
        names = self._profiles() if profile == BY_HOURS else [profile] if profile and profile != "null" else []
        on_top = [[f"fleet.profiles.{name}.{place}" for name in names] for place in places]
        return [home for place, above in zip(places, on_top, strict=True) for home in (*above, f"fleet.{place}")]

    def _profiles(self) -> list[str]:
        """All of them, as the clock has chosen one."""
        return list(dict.fromkeys(key.split(".")[2] for key in self._found if key.startswith("fleet.profiles.")))


def _read(name: str, overrides: Sequence[str]) -> Iterator[Place]:
    """Key path, where it stands, and its value where that is one word."""
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
        key, _, value = word.partition("=")
        yield key.lstrip("+~").split("@")[0].replace("/", "."), f"command line, {secrets.masked(word)}", value


def _lines(file: Path, package: str) -> Iterator[Place]:
    shown = _shown(file)
    for path, line, value in _walk(yaml.compose(file.read_text(), Loader=yaml.SafeLoader), package):
        yield path, f"{shown}:{line}", value


def _walk(node: yaml.Node | None, at: str) -> Iterator[tuple[str, int, str]]:
    match node:
        case yaml.MappingNode():
            for key, value in node.value:
                path = f"{at}.{key.value}" if at else str(key.value)
                yield path, key.start_mark.line + 1, str(value.value) if isinstance(value, yaml.ScalarNode) else ""
                yield from _walk(value, path)
        case yaml.SequenceNode():
            for i, value in enumerate(node.value):
                yield f"{at}.{i}", value.start_mark.line + 1, ""
                yield from _walk(value, f"{at}.{i}")


def _shown(file: Path) -> str:
    try:
        return str(file.relative_to(Path(__file__).resolve().parents[1]))
    except ValueError:
        return str(file)
