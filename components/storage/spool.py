"""What is on its way to a store that may be away: on this machine's disk, in order, until it has arrived."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from components.contracts import InputError, digest_of
from components.storage.storage import Storage

FIRST, LONGEST = 0.5, 10.0  # s between two attempts
MEGABYTE = 1_000_000
NOTE = ".note"  # the ending of what goes with a file
TELL = 60.0  # s between two lines about what was lost

_LOG = logging.getLogger(__name__)

Note: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One file that waits."""

    path: Path  # here
    target: str  # in the store
    size: int  # bytes


class Spool:
    """Takes files for `storage` at any time, and sends them from a thread of its own, oldest first, until each has arrived.

    They wait below `folder`, in a place of their own for each store and `owner` (a name for who writes, such as a group of
    cameras), and survive the process: who opens it next, or finds a place that nobody holds any more, sends what is left.
    An item is sent again where it is not certain that it arrived, whole and under the same name, so that it counts once.
    A note (plain data) may go with a file: `arrived` is called with it when the file is in the store, again and again until it
    does not raise, and only then is the item gone. What it does must count once however often it is called.
    At most `megabytes` wait; beyond that the oldest is lost, which is counted and said.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        folder: Path,
        owner: str,
        megabytes: int,
        arrived: Callable[[Note], object] = lambda _note: None,
    ) -> None:
        self._storage, self._bound, self._arrived = storage, megabytes * MEGABYTE, arrived
        root = folder / digest_of(storage.url)[:12]
        self._place, lock = _own(root, owner)
        self._locks = [lock, *_orphans(root)]
        self._disk = Storage(str(self._place))
        self._items = deque(item for held in (*self._locks[1:], lock) for item in _items(held.folder))
        self._number = max((_number(item) for item in self._items), default=0)
        self._sending: Item | None = None
        self._changed, self._ended = threading.Condition(), False
        self._there: set[str] = set()  # what has arrived, and its note has not
        self.lost, self.problem = 0, ""  # files that had to go; why nothing arrives at the moment
        self._told = 0.0
        self._thread = threading.Thread(target=self._send, name="spool", daemon=True)
        self._thread.start()

    @property
    def place(self) -> Path:
        """The folder of this spool: a file that is made there can be taken without being copied."""
        return self._place

    @property
    def waiting(self) -> int:
        """Files that have not arrived."""
        with self._changed:
            return len(self._items) + (self._sending is not None)

    def put(self, target: str, content: bytes | Path, note: Note | None = None) -> None:
        """Keep `content`, or the file that it names, for `target`; what cannot even be written here is lost."""
        with self._changed:
            self._number += 1
            name = f"{self._number:012d}~{quote(target, safe='=')}"
        try:
            if note is not None:
                self._disk.write(f"{name}{NOTE}", json.dumps(note).encode())
            if isinstance(content, Path):
                content.replace(self._place / name)
            else:
                self._disk.write(name, content)
        except (InputError, OSError) as error:
            self._lose(1, str(error))
            return
        with self._changed:
            self._items.append(Item(self._place / name, target, (self._place / name).stat().st_size))
            self._bind()
            self._changed.notify()

    def close(self, patience: float = 10.0) -> int:
        """Send what is there, for at most `patience` seconds; how many files are left for who comes next."""
        end = time.monotonic() + patience
        with self._changed:
            self._changed.wait_for(lambda: not self._items and self._sending is None, patience)
            self._ended = True
            self._changed.notify_all()
        self._thread.join(max(0.5, end - time.monotonic()))
        left = self.waiting
        for lock in self._locks:
            lock.release()
        return left

    def _bind(self) -> None:
        """Lose the oldest beyond the bound, never the newest."""
        over = 0
        size = sum(item.size for item in self._items)
        while size > self._bound and len(self._items) > 1:
            item = self._items.popleft()
            _gone(item)
            size, over = size - item.size, over + 1
        if over:
            self._lose(over, f"more than {self._bound // MEGABYTE} MB wait for the store")

    def _lose(self, count: int, why: str) -> None:
        self.lost += count
        if time.monotonic() - self._told > TELL or not self._told:
            self._told = time.monotonic()
            _LOG.warning("%d files for %s are lost: %s", self.lost, self._storage.url, why)

    def _send(self) -> None:
        """In the thread: one after the other, each until it has arrived."""
        wait = FIRST
        while item := self._next():
            trouble = self._sent(item)
            self._say(trouble)
            with self._changed:
                self._sending = None
                if trouble:
                    self._items.appendleft(item)
                    self._changed.wait_for(lambda: self._ended, wait)
                self._changed.notify_all()
                if trouble and self._ended:
                    return
            wait = min(2 * wait, LONGEST) if trouble else FIRST

    def _next(self) -> Item | None:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._ended)
            self._sending = self._items.popleft() if self._items else None
            return self._sending

    def _sent(self, item: Item) -> str:
        """Why `item` did not arrive; empty where it did."""
        try:
            if item.target not in self._there:
                self._storage.write(item.target, item.path.read_bytes())
                self._there = {item.target}
            if (note := _note(item)) is not None:
                self._arrived(note)
        except FileNotFoundError:  # somebody cleared the spool away
            return ""
        except Exception as error:  # the libraries behind remote stores raise classes of their own
            return str(error) or type(error).__name__
        _gone(item)
        return ""

    def _say(self, trouble: str) -> None:
        if trouble and not self.problem:
            _LOG.warning("files wait in %s: %s", self._place, trouble)
        if self.problem and not trouble:
            _LOG.warning("the store %s is back, %d files are still to be sent", self._storage.url, len(self._items))
        self.problem = trouble


class _Lock:
    """A folder that one process holds; the system lets go of it when the process ends, however that was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise

    def release(self) -> None:
        if not _items(self.folder):
            with suppress(OSError):
                (self.folder / ".lock").unlink()
                self.folder.rmdir()
        os.close(self._file)


def _own(root: Path, owner: str) -> tuple[Path, _Lock]:
    """The place of `owner`, or one beside it where somebody of that name is at work."""
    for number in range(1000):
        place = root / (f"{owner}.{number}" if number else owner)
        try:
            return place, _Lock(place)
        except BlockingIOError:
            continue
        except OSError as error:
            raise InputError(f"spool {place}: {error.strerror}; set live.spool to a folder that you may write") from error
    raise InputError(f"{root}: a thousand processes called {owner} are at work; end those that nobody needs")


def _orphans(root: Path) -> list[_Lock]:
    """Places with files in them that nobody holds."""
    found = []
    for place in sorted(root.iterdir()):
        if place.is_dir() and _items(place):
            with suppress(BlockingIOError):
                found.append(_Lock(place))
    return found


def _items(folder: Path) -> list[Item]:
    """What waits in `folder`, oldest first."""
    found = (path for path in sorted(folder.glob("[0-9]*~*")) if path.suffix != NOTE)
    return [Item(path, unquote(path.name.split("~", 1)[1]), path.stat().st_size) for path in found]


def _note(item: Item) -> Note | None:
    """What goes with a file."""
    path = item.path.with_name(f"{item.path.name}{NOTE}")
    return json.loads(path.read_bytes()) if path.is_file() else None


def _gone(item: Item) -> None:
    """File first: a note alone means nothing."""
    item.path.unlink(missing_ok=True)
    item.path.with_name(f"{item.path.name}{NOTE}").unlink(missing_ok=True)


def _number(item: Item) -> int:
    return int(item.path.name.split("~", 1)[0])
