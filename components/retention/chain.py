"""The certificate of what was deleted and held: rows that are only ever added, each bound to the one before by its digest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from components.contracts import InputError, digest_of
from components.database.database import Database
from components.database.schema import RetentionEventRow

Kind = Literal[
    "begun", "resumed", "deleted", "rewritten", "rows", "withdrawn", "swept", "hold", "lifted", "class", "declassified"
]
FIELDS = ("number", "at", "kind", "sweep", "run", "path", "bytes", "sha256", "rule", "who", "detail", "previous")
ORIGIN = "0" * 64  # what the first row names as the one before it
ATTEMPTS = 20  # to enter rows while others do the same
SHOWN = 1000  # rows in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that has to be known for ever."""

    kind: Kind
    sweep: str = ""
    run: str = ""  # of a flow
    path: str = ""
    bytes: int = 0
    sha256: str = ""
    rule: str = ""
    who: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)  # plain data


Change = Callable[[Session], Sequence[Event]]


def enter(database: Database, change: Change) -> None:
    """Make `change`, and add the events that it gives to the chain, in one transaction."""

    def both(session: Session) -> None:
        _append(session, change(session))

    for attempt in range(ATTEMPTS):
        try:
            return database.apply(both)
        except InputError as error:  # somebody else has added the same number
            if not isinstance(error.__cause__, IntegrityError) or attempt == ATTEMPTS - 1:
                raise
        time.sleep(0.01 * attempt)
    return None


def _append(session: Session, events: Sequence[Event]) -> None:
    if not events:
        return
    newest = select(RetentionEventRow.number, RetentionEventRow.digest).order_by(RetentionEventRow.number.desc()).limit(1)
    number, previous = session.execute(newest).one_or_none() or (0, ORIGIN)
    now = time.time_ns()
    for event in events:
        number += 1
        fields = {**asdict(event), "number": number, "at": now, "previous": previous}
        previous = digest_of(fields)
        session.add(RetentionEventRow(**fields, digest=previous))


def events(database: Database, *, kinds: Sequence[Kind] = (), sweep: str = "") -> Iterator[dict[str, Any]]:
    """The rows of some kinds (all where none are named), of one sweep or of all, in order, with number, time and digest."""
    query = select(RetentionEventRow).order_by(RetentionEventRow.number)
    query = query.where(RetentionEventRow.kind.in_(list(kinds))) if kinds else query
    query = query.where(RetentionEventRow.sweep == sweep) if sweep else query
    with database.session() as session:
        for row in session.scalars(query.execution_options(yield_per=SHOWN)):
            yield plain(row)


def plain(row: RetentionEventRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*FIELDS, "digest")}


def head(database: Database) -> tuple[int, str]:
    """Number and digest of the newest row."""
    with database.session() as session:
        newest = select(RetentionEventRow.number, RetentionEventRow.digest).order_by(RetentionEventRow.number.desc()).limit(1)
        number, digest = session.execute(newest).one_or_none() or (0, ORIGIN)
        return int(number), str(digest)


def broken(database: Database) -> list[str]:
    """What of the chain is not as it was entered: rows that were edited, taken out or put in. Empty where it is whole.

    Rows that were cut off at the end are found by comparing with exported certificates, which name the newest row.
    """
    problems, expected, previous = [], 1, ORIGIN
    for row in events(database):
        if row["number"] != expected:
            problems.append(f"rows {expected} to {row['number'] - 1} are missing")
        elif row["previous"] != previous:
            problems.append(f"row {row['number']} does not follow the row before it: one of the two was changed")
        if digest_of({name: row[name] for name in FIELDS}) != row["digest"]:
            problems.append(f"row {row['number']} ({row['kind']} {row['path']}) was edited")
        expected, previous = row["number"] + 1, row["digest"]
    return problems
