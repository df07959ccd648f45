"""One process at a time: for what is read first and written afterwards."""

from __future__ import annotations

import time

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from components.database.schema import LockRow


def take(session: Session, name: str) -> None:
    """Wait until nobody else has taken `name`, and keep it until the transaction of `session` ends.

    First thing in a change that Database.apply carries out: the very first time two may enter the name at once, and one of
    them begins again. A row that is written locks in every kind of database; SQLite lets one writer at a time in anyway.
    """
    now = time.time_ns()
    done = session.execute(update(LockRow).where(LockRow.name == name).values(taken=now))
    assert isinstance(done, CursorResult)
    if not done.rowcount:
        session.add(LockRow(name=name, taken=now))
        session.flush()
