"""The last step of what a run has seen: at once, or behind the back of a walk that must not wait."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from sqlalchemy.orm import Session

from components.contracts import InputError
from components.database.database import Database
from components.storage.spool import Spool
from components.storage.storage import Storage

AGAIN = 1.0  # s until the database is asked again
LEAVING = 5.0  # s that the database gets in the end

Make = Callable[[], bytes]
Change = Callable[[Session], None]

_LOG = logging.getLogger(__name__)


class Outlet(Protocol):
    """Takes files, each to be made and written, and changes of the database, of which a newer one makes older ones obsolete."""

    def file(self, path: str, make: Make) -> None: ...

    def rows(self, change: Change) -> None: ...

    def close(self) -> None: ...


class AtOnce:
    """For footage: what cannot be written ends the run. Raises InputError."""

    def __init__(self, storage: Storage, database: Database) -> None:
        self._storage, self._database = storage, database

    def file(self, path: str, make: Make) -> None:
        self._storage.write(path, make())

    def rows(self, change: Change) -> None:
        with self._database.session() as session:
            change(session)

    def close(self) -> None:
        """Nothing waits."""


class Behind:
    """For live cameras: nobody waits; files go through a spool, the newest change into the database as soon as there is one.

    `lost` and `waiting` are the spool's: files that had to go, and those that are left after `close`.
    """

    def __init__(self, spool: Spool, database: Database) -> None:
        self._spool, self._database = spool, database
        self._files: queue.SimpleQueue[tuple[str, Make] | None] = queue.SimpleQueue()
        self._newest: Change | None = None
        self._changed, self._ended = threading.Condition(), False
        self.waiting, self.problem = 0, ""
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._fill, self._update)]
        for thread in self._threads:
            thread.start()

    @property
    def lost(self) -> int:
        return self._spool.lost

    def file(self, path: str, make: Make) -> None:
        self._files.put((path, make))

    def rows(self, change: Change) -> None:
        with self._changed:
            self._newest = change
            self._changed.notify()

    def close(self) -> None:
        self._files.put(None)
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        filling, updating = self._threads
        filling.join()
        self.waiting = self._spool.close()
        updating.join(LEAVING)

    def _fill(self) -> None:
        """In a thread: make each file and put it on disk."""
        while (entry := self._files.get()) is not None:
            path, make = entry
            self._spool.put(path, make())

    def _update(self) -> None:
        """In a thread: the newest change into the database, again and again while that is away, and once more in the end."""
        last = False
        while change := self._next():
            trouble = self._made(change)
            if trouble and not self.problem:
                _LOG.warning("current sightings wait: %s", trouble)
            if self.problem and not trouble:
                _LOG.warning("the database is back")
            self.problem = trouble
            if not trouble:
                continue
            if last:
                return
            with self._changed:
                self._newest = self._newest or change
                last = self._changed.wait_for(lambda: self._ended, AGAIN)

    def _next(self) -> Change | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest or self._ended)
            change, self._newest = self._newest, None
            return change

    def _made(self, change: Change) -> str:
        """Why the database did not take it; empty where it did."""
        try:
            with self._database.session() as session:
                change(session)
        except InputError as error:
            return str(error)
        return ""
