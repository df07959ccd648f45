"""Where bytes live: a local folder or any object store that fsspec can reach, as equals."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import Annotated, Any, TypeVar

import fsspec
from annotated_types import Interval
from fsspec.implementations.local import LocalFileSystem

from components import secrets
from components.contracts import InputError, file_digest
from components.storage import retry
from components.storage.cache import Cache, filled
from components.storage.ranges import Range, coalesced
from components.storage.retry import ShortReadError, UnseenError
from components.storage.sentences import INSTALL, cannot_open, explained, harmless
from components.storage.stored import Recent, Stored, modified, tag

GIGABYTE = 1_000_000_000
TOGETHER = 8  # reads on their way at the same time
Attempts = Annotated[int, Interval(ge=1, le=20)]
Gigabytes = Annotated[float, Interval(gt=0, le=100_000)]
Patience = Annotated[float, Interval(ge=0, le=600)]  # s

Result = TypeVar("Result")


class Storage:
    """A tree of files under one fsspec `url`. A reader never sees half a file.

    Paths are relative, with forward slashes, and cannot leave the tree. What the network does is made up for: broken
    connections and busy servers by `attempts`, short answers by comparing sizes, and what was written counts as written when
    the store shows it, within `visible_within` seconds. Copies of remote files take at most `cache_gigabytes` below `cache`.
    An instance may be pickled, and used in a process that was forked or spawned: each opens the store for itself.
    Raises InputError where the store cannot be reached, written to, or is full; no secret is ever in its message.
    """

    def __init__(
        self, url: str, *, options: dict[str, str | int | float | bool] | None = None, cache: str = "runs/cache",
        cache_gigabytes: Gigabytes = 20.0, attempts: Attempts = 5, visible_within: Patience = 10.0,
    ) -> None:  # fmt: skip
        if not url:
            raise InputError("storage.url is empty; expected a folder such as runs/store, or an fsspec URL such as s3://bucket")
        secrets.refuse({"url": url, "options": options})
        self.url, self.cache, self._options = url.rstrip("/") or url, cache, dict(options or {})
        self._limit, self._attempts, self._visible_within = round(cache_gigabytes * GIGABYTE), attempts, visible_within
        self._retired: list[Any] = []
        self._recent = Recent()
        self._open()

    def put(self, file: Path, path: str) -> None:
        """Move the local `file` to `path` in the store; it appears there whole or not at all."""
        self.send(file, path)
        file.unlink()

    def send(self, file: Path, path: str) -> None:
        """As `put`, of a file that stays where it is, and must not be changed any more: on one disk it is there only once."""
        at = self._at(path)
        if self._local:
            with explained(self.url, path, strangers=not self._local):
                filled(Path(at), lambda partial: _copy_durably(file, partial))
        else:  # object stores show an object only when it is complete
            self._ask(path, lambda: self._arrived(at, file.stat().st_size, lambda: self._upload(str(file), at)))

    def write(self, path: str, content: bytes) -> None:
        """Write `content` to `path`, whole or not at all."""
        at = self._at(path)
        if self._local:
            with explained(self.url, path, strangers=not self._local):
                filled(Path(at), lambda partial: _write_durably(partial, content))
        else:
            self._ask(path, lambda: self._arrived(at, len(content), lambda: self._pipe(at, content)))

    def read(self, path: str, *, start: int = 0, size: int | None = None) -> bytes:
        """`size` bytes of `path` from byte `start`, or all of it; fewer only where the file ends."""
        at = self._at(path)
        return self._ask(path, lambda: self._bytes(at, start, size)) if size != 0 else b""

    def read_ranges(self, ranges: Sequence[tuple[str, int, int]], *, gap: int = 65_536) -> list[bytes]:
        """The bytes of every (path, start, size), in the order asked for, side by side where the store is remote.

        Neighbours in a file with at most `gap` bytes between them are read at once.
        """
        wanted = [Range(*piece) for piece in ranges]
        spans = coalesced(wanted, gap=gap)
        found = [b""] * len(wanted)
        for span, content in zip(spans, self._spans([span.whole for span in spans]), strict=True):
            for index in span.members:
                begin = wanted[index].start - span.whole.start
                found[index] = content[begin : begin + wanted[index].size]
        return found

    def exists(self, path: str) -> bool:
        at = self._at(path)
        return self._ask(path, lambda: bool(self._fs.exists(at)))

    def list(self, prefix: str) -> list[str]:
        """Every file below `prefix`, sorted; half-written ones are left out."""
        return [stored.path for stored in self.sizes(prefix)]

    def sizes(self, prefix: str) -> Sequence[Stored]:
        """Every file below `prefix` with its size and time, sorted by path; as few requests as the store allows."""
        at = self._at(prefix)
        found = self._ask(prefix, lambda: self._found(at))
        plain = ((name.removeprefix(self.root).lstrip("/"), about) for name, about in found.items())
        shown = ((name, about) for name, about in plain if not name.rsplit("/", 1)[-1].startswith("."))
        return sorted(Stored(name, int(about["size"]), modified(about)) for name, about in shown)

    def size(self, path: str) -> int:
        at = self._at(path)
        return self._ask(path, lambda: int(self._info(at)["size"]))

    def move(self, path: str, target: str) -> None:
        """Give a file inside the store another path; it never is at neither. Done again, it finds itself done.

        No store is asked to rename: the file is copied, the copy is checked, then the original goes.
        """
        source, at = self._at(path), self._at(target)
        if self._local:
            with explained(self.url, path, strangers=not self._local):
                if Path(source).exists() or not Path(at).exists():
                    Path(at).parent.mkdir(parents=True, exist_ok=True)
                    Path(source).replace(at)
            return
        try:
            size = self._ask(path, lambda: int(self._info(source)["size"]))
        except InputError as error:
            if isinstance(error.__cause__, FileNotFoundError) and self.exists(target):
                return  # moved before, by somebody who was killed, or whose answer was lost
            raise
        self._ask(path, lambda: self._arrived(at, size, lambda: self._copy(source, at)))
        self.remove(path)

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is removed already."""
        at = self._at(path)

        def remove() -> None:
            with suppress(FileNotFoundError):
                self._fs.rm_file(at)
            self._recent.note(at, there=False)

        self._ask(path, remove)

    def fetch(self, path: str, *, sha256: str = "") -> Path:
        """A local file with the content of `path`: the file itself where the store is local, else a cached copy.

        With the `sha256` of its bytes, a copy is checked against it. A copy may go when nobody has asked for it for minutes
        and the cache is full: open what you fetch at once.
        """
        at = self._at(path)  # before anything is looked up: the cache has no more to give than the store
        about = self._ask(path, lambda: self._info(at))
        if self._local:
            return Path(at)
        size, content = int(about["size"]), sha256 or tag(about)
        copies = self._copies()

        def fill(partial: Path) -> None:
            self._fs.get_file(at, str(partial))
            _same(at, partial, size, sha256)

        return self._ask(path, lambda: copies.file(path, f"{content} {size}", fill))

    def forget(self, paths: Collection[str]) -> None:
        """Remove this machine's copies of `paths`: what is deleted in the store shall not lie on here."""
        if not self._local:
            self._copies().forget(paths)

    def behind(self, path: str) -> tuple[Any, str]:
        """What fsspec has for this store, and its name for `path`: for what only some stores have, such as old versions."""
        return self._fs, self._at(path)

    @property
    def folder(self) -> Path | None:
        """Where the files are, of a store on this machine."""
        return Path(self.root) if self._local else None

    # what kinds of store do in ways of their own

    def _settings(self) -> dict[str, Any]:
        """What fsspec is given besides the options."""
        return {"use_listings_cache": False} if self.url.split("://", 1)[0] in INSTALL else {}

    def _prepare(self, fs: Any) -> None:
        """Set what fsspec has no option for."""

    def _upload(self, file: str, at: str) -> None:
        self._fs.put_file(file, at)

    def _pipe(self, at: str, content: bytes) -> None:
        self._fs.pipe_file(at, content)

    def _copy(self, source: str, at: str) -> None:
        """Copy inside the store; returns when the copy is whole."""
        self._fs.cp_file(source, at)

    def _passing(self, error: BaseException) -> bool:
        """Whether asking again may help, and the library has not done so itself."""
        return retry.passing(error)

    # how

    def _open(self) -> None:
        try:
            fs, self.root = fsspec.core.url_to_fs(self.url, **self._settings(), **self._options)
        except (ValueError, ImportError, TypeError) as error:  # TypeError: an option that this kind of store does not know
            raise cannot_open(self.url, error) from harmless(error)
        self._prepare(fs)
        self._opened, self._process = fs, os.getpid()
        self._local = isinstance(fs, LocalFileSystem)

    @property
    def _fs(self) -> Any:
        """The store, opened by this very process: connections and their threads do not survive a fork."""
        if self._process != os.getpid():
            self._retired.append(self._opened)  # not closed: its connections are the other process's
            self._open()
        return self._opened

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None, "_process": 0, "_retired": []}

    def _copies(self) -> Cache:
        return Cache(Path(self.cache) / _short(self.url), limit=self._limit)  # two stores may share the folder

    def _found(self, at: str) -> dict[str, dict[str, Any]]:
        self._fs.invalidate_cache()
        found: dict[str, dict[str, Any]] = {}
        with suppress(FileNotFoundError):
            listed = self._fs.find(at, detail=True)
            found = dict(listed) if isinstance(listed, dict) else {name: self._info(name) for name in listed}
        for path in self._recent.doubtful(found, at):  # a list may be late; what is said of one file is not
            found.pop(path, None)
            with suppress(FileNotFoundError):
                found[path] = self._info(path)
        return found

    def _info(self, at: str) -> dict[str, Any]:
        about = self._fs.info(at)
        if about.get("type") == "directory":
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), at)
        return dict(about)

    def _arrived(self, at: str, size: int, send: Callable[[], object]) -> None:
        """Send, and wait until the store shows all of it."""
        send()
        there = -1

        def whole() -> bool:
            nonlocal there
            self._fs.invalidate_cache()
            with suppress(FileNotFoundError):
                there = int(self._info(at)["size"])
            return there == size

        if not retry.until(whole, seconds=self._visible_within):
            seen = "nothing" if there < 0 else f"{there} bytes"
            raise UnseenError(f"{size} bytes were written and the store shows {seen} after {self._visible_within:g} s")
        self._recent.note(at, there=True)

    def _bytes(self, at: str, start: int, size: int | None) -> bytes:
        """Every byte asked for that the file has."""
        if self._local:
            return _piece(at, start, size)
        total = int(self._info(at)["size"]) if size is None else None
        if total is not None and start >= total:
            return b""
        try:
            content = bytes(self._fs.cat_file(at, start=start or None, end=None if size is None else start + size))
        except Exception as error:
            if not _of_a_range(error) or start < int(self._info(at)["size"]):
                raise
            return b""
        if size is not None and len(content) == size:
            return content
        total = int(self._info(at)["size"]) if total is None else total
        wanted = max(0, total - start) if size is None else max(0, min(size, total - start))
        if len(content) != wanted:
            raise ShortReadError(f"{len(content)} bytes came, {wanted} were asked for")
        return content

    def _spans(self, wholes: Sequence[Range]) -> Sequence[bytes]:
        if self._local or len(wholes) < 2:
            return [self.read(whole.path, start=whole.start, size=whole.size) for whole in wholes]
        places = [self._at(whole.path) for whole in wholes]
        starts, ends = [whole.start for whole in wholes], [whole.end for whole in wholes]
        first = self._fs.cat_ranges(places, starts, ends, on_error="return", batch_size=TOGETHER)
        return [  # what failed or is short is asked for again, with patience
            bytes(content)
            if isinstance(content, bytes | bytearray) and len(content) == whole.size
            else self.read(whole.path, start=whole.start, size=whole.size)
            for whole, content in zip(wholes, first, strict=True)
        ]

    def _at(self, path: str) -> str:
        parts = [part for part in path.split("/") if part]
        if ".." in parts or path.startswith("/"):
            raise InputError(f"{path!r} would leave the store {self.url}; expected a relative path without '..'")
        return "/".join([self.root, *parts])

    def _ask(self, path: str, action: Callable[[], Result]) -> Result:
        """What `action` gives; asked again while the trouble may pass."""
        with explained(self.url, path, strangers=not self._local):
            return retry.again(action, attempts=1 if self._local else self._attempts, when=self._passing)


def _of_a_range(error: Exception) -> bool:
    """Whether this may be what a store says of a range behind the end, or of one of nothing: each library has its own words."""
    return getattr(error, "errno", None) == errno.EINVAL or "range" in str(error).lower()


def _piece(at: str, start: int, size: int | None) -> bytes:
    """Bytes of a local file, without the layers above the system's calls: they cost more than a picture does."""
    with Path(at).open("rb", buffering=0) as file:
        if size is not None and size <= 2**30:  # one call gives no more than 2 GiB
            return os.pread(file.fileno(), size, start)
        file.seek(start)
        return file.readall() if size is None else BufferedReader(file).read(size)


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _copy_durably(file: Path, path: Path) -> None:
    """Another name for the same bytes where that can be, which costs nothing."""
    try:
        os.link(file, path)
    except OSError:  # another disk, or one that cannot
        _written_again(file, path)
    else:
        with path.open("rb") as same:
            os.fsync(same.fileno())


def _written_again(file: Path, path: Path) -> None:
    with file.open("rb") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 2**20)
        target.flush()
        os.fsync(target.fileno())


def _same(at: str, copy: Path, size: int, digest: str) -> None:
    """Raise ShortReadError unless `copy` is what the store has at `at`."""
    if copy.stat().st_size != size:
        raise ShortReadError(f"{copy.stat().st_size} of {size} bytes of {at} came")
    if digest and file_digest(copy) != digest:
        raise ShortReadError(
            f"what came of {at} has another sha256 than {digest[:12]}...; was it changed or damaged in the store?"
        )


def _short(url: str) -> str:
    return sha256(url.encode()).hexdigest()[:12]
