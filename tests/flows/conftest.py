"""What the tests of flows share: a way to install a plugin for one test, and footage that is small and real."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from components.database.database import Database
from components.storage.storage import Storage

Install = Callable[..., Path]


def installed(folder: Path, package: str, modules: Mapping[str, str], conf: Mapping[str, str]) -> Path:
    """Write `package` below `folder` as pip would leave it there, with an entry point that makes it a plugin."""
    home = folder / package
    (home / "conf").mkdir(parents=True)
    (home / "__init__.py").write_text('"""A plugin."""\n')
    for name, source in modules.items():
        (home / f"{name}.py").write_text(source)
    for name, source in conf.items():
        file = home / "conf" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    about = folder / f"{package}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[wardflow.plugins]\n{package} = {package}\n")
    return home


@pytest.fixture
def install(tmp_path, monkeypatch) -> Iterator[Install]:
    """Installs a package of this test's own as a plugin, in this process."""
    names = []

    def run(package: str, modules: Mapping[str, str], conf: Mapping[str, str] | None = None) -> Path:
        names.append(package)
        home = installed(tmp_path / "site", package, modules, conf or {})
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        importlib.invalidate_caches()
        return home

    yield run
    for module in [module for module in sys.modules if module.split(".")[0] in names]:
        del sys.modules[module]


class Killed(BaseException):
    """Ends a run in the middle, past every `except Exception`, as SIGKILL would."""


@pytest.fixture
def interrupted(monkeypatch) -> Callable[[Callable[[], object]], int]:
    """Runs something again and again, each time ended by its n-th write to store or database, until it gets through.

    Returns how often it was ended. What it had done by then stays; nothing of what it had in memory does.
    """

    def run(work: Callable[[], object]) -> int:
        for stop in range(1, 1000):
            left = [stop]

            def counted(original, left=left):
                def write(*args, **named):
                    left[0] -= 1
                    if left[0] < 0:
                        raise Killed
                    return original(*args, **named)

                return write

            with pytest.MonkeyPatch.context() as patch:
                for name in ("put", "write", "move", "remove"):
                    patch.setattr(Storage, name, counted(getattr(Storage, name)))
                patch.setattr(Database, "apply", counted(Database.apply))
                try:
                    work()
                except Killed:
                    continue
                return stop - 1
        raise AssertionError("never got through")

    return run
