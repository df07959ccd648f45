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


@pytest.fixture(autouse=True)
def ready(runs, with_tables) -> None:
    """Every flow finds a ledger with tables: to make them takes longer than most tests."""
    with_tables(runs)


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
def after_every_kill() -> Callable[[Callable[[], object], Callable[[], object]], Iterator[int]]:
    """Yields once for every write to store or database that `work` makes: it was killed just before that one, and run again.

    `fresh` makes the place where `work` begins anew. What it had done by then stays; what it had in memory does not.
    """

    def run(work: Callable[[], object], fresh: Callable[[], object]) -> Iterator[int]:
        for writes in range(1000):
            fresh()
            with pytest.MonkeyPatch.context() as patch:
                _kill_after(writes, patch)
                try:
                    work()
                except Killed:
                    pass
                else:
                    return
            work()
            yield writes

    return run


def _kill_after(writes: int, patch: pytest.MonkeyPatch) -> None:
    left = [writes]

    def counted(original):
        def write(*args, **named):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return original(*args, **named)

        return write

    for owner, names in {Storage: ("put", "write", "move", "remove"), Database: ("apply",)}.items():
        for name in names:
            patch.setattr(owner, name, counted(getattr(owner, name)))
