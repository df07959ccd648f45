"""What is on its way to a store that may be away: on this machine's disk, in order, until it has arrived."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from components.contracts import InputError, digest_of
from components.database.health import Waiting
from components.storage.places import orphans, own
from components.storage.storage import Storage
from components.storage.waiting import NOTE, Item, Note, gone, item_at, items, note_of, number_of, path_of

FIRST, LONGEST = 0.5, 10.0  # s between two attempts
MEGABYTE = 1_000_000
TELL = 60.0  # s between two lines about what was lost, or waits

_LOG = logging.getLogger(__name__)


class Spool:
    """Takes files for `storage` at any time, and sends them from a thread of its own, oldest first, until each has arrived.

    They wait below `folder`, in a place of their own for each store and `owner` (a name for who writes, such as a group of
    cameras), and survive the process: who opens it next, or finds a place that nobody holds any more and that is not of
    `others` who are about to, sends what is left.
    An item is sent again where it is not certain that it arrived, whole and under the same name, so that it counts once.
    A note (plain data) may go with a file: `arrived` is called with it when the file is in the store, again and again until it
    does not raise, and only then is the item gone. What it does must count once however often it is called.
    At most `megabytes` wait; beyond that the oldest is lost, which is counted and said. With notes, `rank` says which go first
    (0 is first, None is never: then more than `megabytes` wait), and `lost` is told each that went, and why.
    """

    def __init__(
        self, storage: Storage, *, folder: Path, owner: str, megabytes: int,
        arrived: Callable[[Note], object] = lambda _note: None, rank: Callable[[Note], int | None] = lambda _note: 0,
        lost: Callable[[Note, str], object] = lambda _note, _why: None, others: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._storage, self._bound, self._arrived = storage, megabytes * MEGABYTE, arrived
        self._rank, self._mourn = rank, lost
        root = folder / digest_of(storage.url)[:12]
        mine = own(root, owner)
        self._held = [mine, *orphans(root, set(others) - {owner})]
        self._place, self._disk = mine.folder, Storage(str(mine.folder))
        left = [item for place in (*self._held[1:], mine) for item in items(place.folder)]
        self._items = deque(left if len(self._held) == 1 else sorted(left, key=lambda item: item.since))
        self._number = max((number_of(item) for item in self._items), default=0)
        self._size = sum(item.size for item in self._items)
        self._sending: Item | None = None
        self._changed, self._ended = threading.Condition(), False
        self._there: set[str] = set()  # what has arrived, and its note has not
        self.lost, self.problem = 0, ""  # files that had to go; why nothing arrives at the moment
        self._told = self._waited = 0.0
        self._thread = threading.Thread(target=self._send, name="spool", daemon=True)
        self._thread.start()

    @property
    def place(self) -> Path:
        """The folder of this spool: a file that is made there can be taken without being copied."""
        return self._place

    @property
    def places(self) -> Sequence[Path]:
        """That folder, and those of others that nobody held any more."""
        return [place.folder for place in self._held]

    @property
    def backlog(self) -> Waiting:
        with self._changed:
            there = [*([self._sending] if self._sending else []), *self._items]
        since = min((item.since for item in there), default=None)
        return Waiting(len(there), sum(item.size for item in there), since, self.lost, self.problem)

    @property
    def waiting(self) -> int:
        """Files that have not arrived."""
        return self.backlog.files

    def put(self, target: str, content: bytes | Path, note: Note | None = None) -> None:
        """Keep `content`, or the file that it names, for `target`.

        Bytes that cannot even be written here are lost. A file stays where it is then; raises InputError or OSError.
        """
        with self._changed:
            self._number += 1
            path = path_of(self._place, self._number, target)
        try:
            if note is not None:
                self._disk.write(f"{path.name}{NOTE}", json.dumps(note).encode())
            if isinstance(content, Path):
                content.replace(path)
            else:
                self._disk.write(path.name, content)
        except (InputError, OSError) as error:
            note_of(path).unlink(missing_ok=True)
            if isinstance(content, Path):
                raise
            self._lose(1, str(error))
            return
        with self._changed:
            self._items.append(item_at(path, note))
            self._size += self._items[-1].size
            over = self._size - self._bound
            self._changed.notify()
        if over > 0:
            self.shed(over, f"more than {self._bound // MEGABYTE} MB wait for the store")

    def shed(self, size: int, why: str) -> int:
        """Lose what may go first until `size` bytes are free, never the newest; how many bytes that were."""
        with self._changed:
            went = self._first(size)
            for item in went:
                self._items.remove(item)
                self._size -= item.size
        for item in went:
            gone(item)
            if item.note is not None:
                self._mourn(item.note, why)
        if went:
            self._lose(len(went), why)
        return sum(item.size for item in went)

    def close(self, patience: float = 10.0) -> int:
        """Send what is there, for at most `patience` seconds; how many files are left for who comes next."""
        end = time.monotonic() + patience
        with self._changed:
            self._changed.wait_for(lambda: not self._items and self._sending is None, patience)
            self._ended = True
            self._changed.notify_all()
        self._thread.join(max(0.5, end - time.monotonic()))
        left = self.waiting
        for place in self._held:
            place.release()
        return left

    def _first(self, size: int) -> list[Item]:
        """Those that go for `size` bytes. Once there are enough of rank 0, nobody looks further: thousands may wait."""
        went, later = list[Item](), list[tuple[int, int, Item]]()
        for place, item in enumerate(islice(self._items, max(0, len(self._items) - 1))):
            rank = self._ranked(item)
            if rank == 0:
                went.append(item)
                size -= item.size
            elif rank is not None:
                later.append((rank, place, item))
            if size <= 0:
                return went
        for _, _, item in sorted(later, key=lambda ranked: ranked[:2]):
            if size > 0:
                went.append(item)
                size -= item.size
        return went

    def _ranked(self, item: Item) -> int | None:
        return 0 if item.note is None else self._rank(item.note)

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
            with self._changed:
                self._sending = None
                if trouble:
                    self._items.appendleft(item)
                    self._size += item.size
            self._say(trouble)
            with self._changed:
                if trouble:
                    self._changed.wait_for(lambda: self._ended, wait)
                self._changed.notify_all()
                if trouble and self._ended:
                    return
            wait = min(2 * wait, LONGEST) if trouble else FIRST

    def _next(self) -> Item | None:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._ended)
            self._sending = self._items.popleft() if self._items else None
            self._size -= self._sending.size if self._sending else 0
            return self._sending

    def _sent(self, item: Item) -> str:
        """Why `item` did not arrive; empty where it did."""
        try:
            if item.target not in self._there:
                self._storage.send(item.path, item.target)
                self._there = {item.target}
            if item.note is not None:
                self._arrived(item.note)
        except FileNotFoundError:  # somebody cleared the spool away
            return ""
        except Exception as error:  # the libraries behind remote stores raise classes of their own
            return str(error) or type(error).__name__
        gone(item)
        return ""

    def _say(self, trouble: str) -> None:
        """When it begins, every minute, and when it is over."""
        self.problem, before = trouble, self.problem
        if trouble and (not before or time.monotonic() - self._waited > TELL):
            self._waited, waits = time.monotonic(), self.backlog
            since = f"{datetime.fromtimestamp((waits.since or 0) / 1e9, UTC):%Y-%m-%d %H:%M:%S} UTC"
            told = (waits.files, self._place, waits.bytes / MEGABYTE, since, trouble)
            _LOG.warning("%d files wait in %s (%.1f MB, since %s): %s", *told)
        if before and not trouble:
            _LOG.warning("the store %s is back, %d files are still to be sent", self._storage.url, len(self._items))
