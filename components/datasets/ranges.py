"""A file of the store as an open file: each read is a range read, and nothing is copied first."""

from __future__ import annotations

import io
from collections.abc import Sequence

from components.storage.storage import Storage

GAP = 2**20  # bytes between two pieces that are cheaper read than left out


class Ranges(io.RawIOBase):
    """The file `path`, open for reading. Raises InputError where it is not there."""

    def __init__(self, storage: Storage, path: str) -> None:
        super().__init__()
        self._storage, self._path, self._at = storage, path, 0
        self._size = storage.size(path)
        self._held: list[tuple[int, bytes]] = []  # pieces that are read already, and where they begin

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        content = self._from_held(wanted)
        if content is None:
            content = self._storage.read(self._path, start=self._at, size=wanted)
        self._at += len(content)
        return content

    def hold(self, pieces: Sequence[tuple[int, int]]) -> None:
        """Read these (start, size), neighbours together and others side by side, in place of what was held before."""
        self._held = []
        contents = self._storage.read_ranges([(self._path, start, size) for start, size in pieces], gap=GAP)
        self._held = [(start, content) for (start, _), content in zip(pieces, contents, strict=True)]

    def _from_held(self, size: int) -> bytes | None:
        for start, content in self._held:
            if start <= self._at and self._at + size <= start + len(content):
                return content[self._at - start : self._at - start + size]
        return None

    def readall(self) -> bytes:
        return self.read()

    def size(self) -> int:
        return self._size
