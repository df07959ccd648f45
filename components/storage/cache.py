"""Copies of objects on this machine's disk: bounded, and shared by processes."""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

IN_USE = 300.0  # s since somebody asked for a copy, in which it is not removed: whoever asked is about to open it
STRIPES = 64  # locks; two objects may share one


class Cache:
    """Copies below `folder` of paths, each for one content of its path; at most `limit` bytes, the oldest use goes first.

    What was asked for in the last minutes stays, even beyond the limit.
    """

    def __init__(self, folder: Path, *, limit: int) -> None:
        self._folder, self._limit = folder, limit

    def file(self, path: str, content: str, fill: Callable[[Path], object]) -> Path:
        """The copy of `path` with what `content` names; where there is none, `fill` writes it, in one process only."""
        digest = sha256(path.encode()).hexdigest()
        version, name = sha256(content.encode()).hexdigest()[:8], path.rsplit("/", 1)[-1][-100:]
        copy = self._folder / digest[:2] / f"{digest[2:18]}-{version}-{name}"
        if not _touched(copy):
            with self._lock(f"fill-{int(digest[:8], 16) % STRIPES}"):
                if not _touched(copy):  # another process was faster
                    filled(copy, fill)
            self._shrink()
        return copy

    def forget(self, paths: Iterable[str]) -> None:
        """Remove every copy of `paths`."""
        for path in paths:
            digest = sha256(path.encode()).hexdigest()
            for copy in (self._folder / digest[:2]).glob(f"*{digest[2:18]}-*"):  # half-written ones too
                copy.unlink(missing_ok=True)

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        """One process at a time; the system lets go of it when the process ends, however that was."""
        folder = self._folder / ".locks"
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / name, os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _shrink(self) -> None:
        with self._lock("shrink"):
            copies = sorted(_copies(self._folder))
            size = sum(entry[1] for entry in copies)
            for used, bytes_, path in copies:
                if size <= self._limit or time.time() - used < IN_USE:
                    return
                with suppress(OSError):
                    path.unlink()
                size -= bytes_


def filled(target: Path, fill: Callable[[Path], object]) -> None:
    """Let `fill` write to a hidden name beside `target`, and rename it when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        fill(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _touched(copy: Path) -> bool:
    """Whether the copy is there; from now on it counts as used."""
    try:
        os.utime(copy)
    except OSError:
        return False
    return True


def _copies(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each file was used last, how large it is, where; what killed processes have left included."""
    for path in folder.glob("[0-9a-f][0-9a-f]/*"):
        with suppress(FileNotFoundError):
            about = path.stat()
            yield about.st_mtime, about.st_size, path
