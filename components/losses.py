"""Footage that had to go before it arrived: remembered on this machine until the database knows, by stretch of time."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy.orm import Session

from components.database.database import Database
from components.database.segments import NEAR, enter_loss
from components.retention.chain import Event, enter
from components.storage import layout
from components.storage.waiting import Note


@dataclass(frozen=True, slots=True)
class Loss:
    """Pieces of one camera that followed on each other."""

    camera: str
    start: int  # fleet time, ns
    end: int
    pieces: int
    bytes: int
    why: str

    def follows(self, other: Loss) -> bool:
        return (self.camera, self.why) == (other.camera, other.why) and abs(self.start - other.end) <= NEAR

    def event(self, run: str) -> Event:
        """What the chain of what was deleted says."""
        detail = {"spans": [[self.camera, self.start, self.end]], "pieces": self.pieces, "why": self.why, "arrived": False}
        return Event(kind="deleted", run=run, path=layout.raw_of(self.camera), bytes=self.bytes, rule="disk", detail=detail)


class Losses:
    """Kept in `folder`, whatever happens to the process; each counts once in the database."""

    def __init__(self, folder: Path) -> None:
        self._file, self._lock = folder / ".losses.json", threading.Lock()
        self._known: list[Loss] = []
        with suppress(OSError, ValueError, TypeError):
            self._known = [Loss(**plain) for plain in json.loads(self._file.read_bytes())]

    def add(self, note: Note, why: str) -> None:
        """The piece of footage that `note` went with is gone."""
        new = Loss(note["camera"], note["start"], note["end"], 1, note["bytes"], why)
        with self._lock:
            for place, loss in enumerate(self._known):
                if new.follows(loss):
                    pieces, size = loss.pieces + 1, loss.bytes + new.bytes
                    self._known[place] = replace(loss, end=new.end, pieces=pieces, bytes=size)
                    break
            else:
                self._known.append(new)
            self._save()

    def tell(self, database: Database, run: str = "") -> None:
        """Enter what is not yet known: a gap with its reason, and its line in the chain of what was deleted.

        Raises InputError while the database is away.
        """
        with self._lock:
            for loss in list(self._known):

                def change(session: Session, loss: Loss = loss) -> list[Event]:
                    new = enter_loss(session, loss.camera, loss.start, loss.end, f"lost: {loss.why}")
                    return [loss.event(run)] if new else []

                enter(database, change)
                self._known.remove(loss)
                self._save()

    def _save(self) -> None:
        """On a disk that is full they are in memory alone."""
        with suppress(OSError):
            partial = self._file.with_name(f"{self._file.name}.{os.getpid()}")
            partial.write_text(json.dumps([asdict(loss) for loss in self._known]))
            partial.replace(self._file)
            if not self._known:
                self._file.unlink()
