"""Where bytes live: a local folder or any object store that fsspec can reach, as equals."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from components.contracts import InputError


class Storage:
    """A tree of files under one fsspec `url`. A reader never sees half a file.

    Paths are relative, with forward slashes, and cannot leave the tree.
    Raises InputError where the store cannot be reached, written to, or is full.
    """

    def __init__(self, url: str, *, options: dict[str, str | int | bool] | None = None, cache: str = "runs/cache") -> None:
        if not url:
            raise InputError("storage.url is empty; expected a folder such as runs/store, or an fsspec URL such as s3://bucket")
        self.url, self.cache = url.rstrip("/") or url, cache
        try:
            self._fs, self.root = fsspec.core.url_to_fs(self.url, **(options or {}))
        except (ValueError, ImportError, TypeError) as error:  # TypeError: an option that this kind of store does not know
            raise InputError(
                f"storage.url: cannot open {url!r}: {error}; expected a folder or an fsspec URL such as s3://bucket"
            ) from error
        self._local = isinstance(self._fs, LocalFileSystem)

    def put(self, file: Path, path: str) -> None:
        """Move the local `file` to `path` in the store; it appears there whole or not at all."""
        with self._explained(path):
            if self._local:
                _fill(Path(self._at(path)), lambda partial: self._fs.put_file(str(file), str(partial)))
            else:  # object stores show an object only when it is complete
                self._fs.put_file(str(file), self._at(path))
        file.unlink()

    def write(self, path: str, content: bytes) -> None:
        """Write `content` to `path`, whole or not at all."""
        with self._explained(path):
            if self._local:
                _fill(Path(self._at(path)), lambda partial: _write_durably(partial, content))
            else:
                self._fs.pipe_file(self._at(path), content)

    def read(self, path: str, *, start: int = 0, size: int | None = None) -> bytes:
        """`size` bytes of `path` from byte `start`, or all of it."""
        if size == 0:
            return b""
        with self._explained(path):
            return bytes(self._fs.cat_file(self._at(path), start=start or None, end=None if size is None else start + size))

    def exists(self, path: str) -> bool:
        with self._explained(path):
            return bool(self._fs.exists(self._at(path)))

    def list(self, prefix: str) -> list[str]:
        """Every file below `prefix`, sorted; half-written ones are left out."""
        with self._explained(prefix):
            self._fs.invalidate_cache()
            names = self._fs.find(self._at(prefix)) if self._fs.exists(self._at(prefix)) else []
        found = (name.removeprefix(self.root).lstrip("/") for name in names)
        return sorted(name for name in found if not name.rsplit("/", 1)[-1].startswith("."))

    def size(self, path: str) -> int:
        with self._explained(path):
            return int(self._fs.size(self._at(path)))

    def move(self, path: str, target: str) -> None:
        """Rename a file inside the store; where the store cannot rename, copy it and then remove it."""
        with self._explained(path):
            if self._local:
                Path(self._at(target)).parent.mkdir(parents=True, exist_ok=True)
            self._fs.mv(self._at(path), self._at(target))

    def remove(self, path: str) -> None:
        """Remove a file, and this machine's copy of it; one that is not there is removed already."""
        with self._explained(path), suppress(FileNotFoundError):
            self._fs.rm_file(self._at(path))
        if not self._local:
            self.copy_of(path).unlink(missing_ok=True)

    def copy_of(self, path: str) -> Path:
        """Where `fetch` keeps what a remote store has under `path`; two stores may share the cache."""
        return Path(self.cache) / sha256(self.url.encode()).hexdigest()[:12] / path

    def behind(self, path: str) -> tuple[fsspec.AbstractFileSystem, str]:
        """What fsspec has for this store, and its name for `path`: for what only some stores can do, such as old versions."""
        return self._fs, self._at(path)

    def fetch(self, path: str) -> Path:
        """A local file with the content of `path`: the file itself where the store is local, else a cached copy."""
        at = self._at(path)  # before anything is looked up: the cache has no more to give than the store
        with self._explained(path):
            if self._local:
                if not self._fs.exists(at):
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
                return Path(at)
            copy = self.copy_of(path)
            if not copy.exists():
                _fill(copy, lambda partial: self._fs.get_file(at, str(partial)))
            return copy

    def _at(self, path: str) -> str:
        parts = [part for part in path.split("/") if part]
        if ".." in parts or path.startswith("/"):
            raise InputError(f"{path!r} would leave the store {self.url}; expected a relative path without '..'")
        return "/".join([self.root, *parts])

    @contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        """Say in one sentence what went wrong with `path`."""
        try:
            yield
        except InputError:
            raise
        except OSError as error:
            raise InputError(f"store {self.url}: {path or 'the root'}: {_reason(error)}") from error
        except Exception as error:  # the libraries behind remote stores raise classes of their own
            if self._local:
                raise
            raise InputError(f"store {self.url}: {error}; check storage.url and the credentials in the environment") from error


def _fill(target: Path, fill: Callable[[Path], object]) -> None:
    """Let `fill` write to a hidden name beside `target`, and rename it when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        fill(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _reason(error: OSError) -> str:
    match error.errno or _number(error):
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return "no space left on the device; free some, or set storage.url to a larger place"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return "not writable; check the permissions, or set storage.url to a folder that you own"
        case errno.ENOENT:
            return "no such file or bucket; was it deleted, or does storage.url name another place than where it was written?"
        case errno.ENOTDIR | errno.EEXIST:
            return "a file stands where a folder is needed; set storage.url to a folder"
    return f"{error}; check storage.url and the credentials in the environment"


def _number(error: OSError) -> int:
    """Object stores raise the class that fits, without a number."""
    return {FileNotFoundError: errno.ENOENT, PermissionError: errno.EACCES}.get(type(error), 0)
