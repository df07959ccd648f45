"""What a ledger could not take yet: the words of each run in their order, on this machine's disk, until they are delivered."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

Op: TypeAlias = dict[str, Any]  # plain data; "do" says which
OPS = "ops.jsonl"


class Journal:
    """The words of one run that wait, in `folder`; nothing is written before the first.

    Who appends holds the journal until `release`, or until the process ends: nobody delivers half of what a run has to say.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._lock = folder, -1

    @property
    def waits(self) -> bool:
        """Whether anything is in it."""
        return (self.folder / OPS).exists()

    def append(self, op: Op, files: Path | None = None) -> None:
        """Keep `op`, with a copy of the folder `files`; on the disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.held()
        if files is not None:
            copy = f"files-{len(list(self.folder.glob('files-*')))}"
            shutil.copytree(files, self.folder / copy)
            op = {**op, "files": copy}
        with (self.folder / OPS).open("a") as out:
            out.write(json.dumps(op) + "\n")
            out.flush()
            os.fsync(out.fileno())

    def held(self) -> bool:
        """Hold it; False where another process does."""
        if self._lock < 0:
            lock = os.open(self.folder / ".lock", os.O_CREAT | os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                return False
            self._lock = lock
        return True

    def release(self) -> None:
        """Leave it to whoever delivers it."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def ops(self) -> Iterator[Op]:
        """All of them in order, `files` as paths; what was half written when the machine went down is left out."""
        for line in (self.folder / OPS).read_text().splitlines():
            try:
                op: Op = json.loads(line)
            except ValueError:
                return
            yield {**op, "files": str(self.folder / op["files"])} if "files" in op else op

    def done(self) -> None:
        """Everything was delivered. First the words go, so that nobody delivers half of them again."""
        (self.folder / OPS).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def fresh(folder: Path, name: str) -> Journal:
    """For a run that begins now."""
    return Journal(folder / f"{time.time_ns()}-{name}")


def waiting(folder: Path) -> Sequence[Journal]:
    """Every journal below `folder` with something in it, the oldest first."""
    return [Journal(path.parent) for path in sorted(folder.glob(f"*/{OPS}"))]
