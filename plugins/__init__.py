"""Optional and third-party rooms: every folder here, and every installed package that declares itself, may add to any room."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

GROUP = "wardflow.plugins"  # entry point group of installed plugins


@dataclass(frozen=True, slots=True)
class Plugin:
    """A package that brings components, and the folder of its YAML."""

    package: str  # such as plugins.boxmot
    conf: Path


def found() -> list[Plugin]:
    """Every plugin, by name. Nothing of a plugin is imported to find it."""
    return list(_on(tuple(sys.path)))


@cache
def _on(_path: tuple[str, ...]) -> tuple[Plugin, ...]:
    """Those on the path of modules: a fleet of 200 cameras asks as often, and reading what is installed takes 20 ms."""
    local = (folder for folder in Path(__file__).parent.iterdir() if folder.is_dir() and folder.name.isidentifier())
    plugins = {f"plugins.{folder.name}": folder / "conf" for folder in local if not folder.name.startswith("__")}
    for point in entry_points(group=GROUP):
        for place in _places(point.value):
            plugins[point.value] = Path(place) / "conf"
    return tuple(Plugin(package, conf) for package, conf in sorted(plugins.items()))


def _places(package: str) -> list[str]:
    """The folders of an installed package; none for one that is declared and not there, which must not stop the others."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return []
    return list(spec.submodule_search_locations or ()) if spec else []
