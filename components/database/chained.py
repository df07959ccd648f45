"""Rows that are only ever added, each bound to the one before by its digest: a later edit is found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from components.contracts import InputError, digest_of
from components.database.database import Database

ORIGIN = "0" * 64  # what the first row names as the one before it
ATTEMPTS = 20  # to enter rows while others do the same
SHOWN = 1000  # rows in memory

Fields = Mapping[str, Any]
Change = Callable[[Session], Sequence[Fields]]


class Chained:
    """The rows of `table`, whose `fields` are what a digest is made of.

    The table has besides the columns `number` (primary key, from 1), `at` (ns by the wall's clock), `previous` (digest of the
    row before) and `digest`. `shown` says which row it is, for people to read.
    """

    def __init__(self, table: Any, fields: Sequence[str], shown: Callable[[Fields], str]) -> None:
        self._table, self._shown = table, shown
        self.fields = ("number", "at", *fields, "previous")

    def enter(self, database: Database, change: Change) -> None:
        """Make `change`, and add the rows that it gives, in one transaction; it is made again where somebody was faster."""

        def both(session: Session) -> None:
            self._append(session, change(session))

        for attempt in range(ATTEMPTS):
            try:
                return database.apply(both)
            except InputError as error:  # somebody else has added the same number
                if not isinstance(error.__cause__, IntegrityError) or attempt == ATTEMPTS - 1:
                    raise
            time.sleep(0.01 * attempt)
        return None

    def rows(self, database: Database, *conditions: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
        """Those that fit, in order."""
        query = select(self._table).where(*conditions).order_by(self._table.number)
        with database.session() as session:
            for row in session.scalars(query.execution_options(yield_per=SHOWN)):
                yield self._plain(row)

    def head(self, database: Database) -> tuple[int, str]:
        """Number and digest of the newest row."""
        with database.session() as session:
            return self._newest(session)

    def has(self, database: Database, number: int, digest: str) -> bool:
        """Whether row `number` is there with that digest, as somebody noted it down elsewhere; 0 is before the first row."""
        if number == 0:
            return digest == ORIGIN
        with database.session() as session:
            row = session.get(self._table, number)
            return row is not None and row.digest == digest

    def broken(self, database: Database) -> list[str]:
        """What is not as it was entered: rows that were edited, taken out or put in. Empty where the chain is whole.

        Rows that were cut off at the end are found by comparing with what names the newest row elsewhere (`has`).
        """
        problems, expected, previous = [], 1, ORIGIN
        for row in self.rows(database):
            if row["number"] != expected:
                problems.append(f"rows {expected} to {row['number'] - 1} are missing")
            elif row["previous"] != previous:
                problems.append(f"row {row['number']} does not follow the row before it: one of the two was changed")
            if digest_of({name: row[name] for name in self.fields}) != row["digest"]:
                problems.append(f"row {row['number']} ({self._shown(row)}) was edited")
            expected, previous = row["number"] + 1, row["digest"]
        return problems

    def _append(self, session: Session, rows: Sequence[Fields]) -> None:
        if not rows:
            return
        number, previous = self._newest(session)
        now = time.time_ns()
        for row in rows:
            number += 1
            fields = {**row, "number": number, "at": now, "previous": previous}
            previous = digest_of(fields)
            session.add(self._table(**fields, digest=previous))

    def _newest(self, session: Session) -> tuple[int, str]:
        table = self._table
        newest = select(table.number, table.digest).order_by(table.number.desc()).limit(1)
        number, digest = session.execute(newest).one_or_none() or (0, ORIGIN)
        return int(number), str(digest)

    def _plain(self, row: Any) -> dict[str, Any]:
        return {name: getattr(row, name) for name in (*self.fields, "digest")}
