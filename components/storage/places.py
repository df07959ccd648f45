"""Where files wait on this machine: a folder for each who writes, held by one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from components.contracts import InputError

LOCK = ".lock"


class Place:
    """A folder that one process holds; the system lets go of it when the process ends, however that was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise

    def release(self) -> None:
        if not used(self.folder):
            with suppress(OSError):
                (self.folder / LOCK).unlink()
                self.folder.rmdir()
        os.close(self._file)


@contextmanager
def alone(file: Path) -> Iterator[bool]:
    """Whether no other process is inside such a block with that `file`; nobody waits."""
    held = os.open(file, os.O_CREAT | os.O_RDWR)
    first = True
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        first = False
    try:
        yield first
    finally:
        os.close(held)


def used(folder: Path) -> bool:
    """Whether anything whole lies in `folder`."""
    return any(not path.name.startswith(".") for path in folder.iterdir())


def own(root: Path, owner: str) -> Place:
    """The place of `owner`, or one beside it where somebody of that name is at work."""
    for number in range(1000):
        folder = root / (f"{owner}.{number}" if number else owner)
        try:
            return Place(folder)
        except BlockingIOError:
            continue
        except OSError as error:
            raise InputError(f"spool {folder}: {error.strerror}; set live.spool to a folder that you may write") from error
    raise InputError(f"{root}: a thousand processes called {owner} are at work; end those that nobody needs")


def orphans(root: Path, others: Collection[str] = ()) -> list[Place]:
    """Places with something in them that nobody holds, but for those of `others`, who come for theirs."""
    found = []
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and folder.name.split(".")[0] not in others and used(folder):
            with suppress(BlockingIOError):
                found.append(Place(folder))
    return found
