"""Pictures and labels in tar shards that WebDataset reads, with the byte offset of each for everybody else."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

LIMIT = 256_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """Where one file stands in a shard."""

    shard: str
    offset: int
    size: int


class ShardWriter:
    """Tar files of at most about `limit` bytes in a local folder. The same content gives the same bytes.

    Each is handed to `full` when it is finished, who may take it away: then one shard is on this disk at any time.
    """

    def __init__(
        self, folder: Path, prefix: str, *, limit: int = LIMIT, full: Callable[[Path], object] = lambda _path: None
    ) -> None:
        self._folder, self._prefix, self._limit, self._full = folder, prefix, limit, full
        self._tar: tarfile.TarFile | None = None
        self.names: list[str] = []

    def add(self, files: dict[str, bytes]) -> list[Entry]:
        """Append the files of one sample, together in one shard."""
        if self._tar is None or self._tar.offset > self._limit:
            self._next()
        return [self._append(name, content) for name, content in files.items()]

    def close(self) -> None:
        if self._tar:
            self._tar.close()
            self._tar = None
            self._full(self._folder / self.names[-1])

    def _next(self) -> None:
        self.close()
        self.names.append(numbered(self._prefix, len(self.names)))
        self._tar = tarfile.open(self._folder / self.names[-1], "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115 - closed by close()

    def _append(self, name: str, content: bytes) -> Entry:
        assert self._tar is not None
        info = tarfile.TarInfo(name)  # owner, mode and time stay at their fixed defaults
        info.size = len(content)
        offset = self._tar.offset + tarfile.BLOCKSIZE
        self._tar.addfile(info, BytesIO(content))
        return Entry(self.names[-1], offset, len(content))


def numbered(prefix: str, number: int) -> str:
    """The name of a shard."""
    return f"{prefix}-{number:05d}.tar"


def padded(size: int) -> int:
    """Bytes that a file of `size` bytes takes in a shard, without its header."""
    return -(-size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
