"""The certificate of what was deleted and held: rows that are only ever added, each bound to the one before by its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sqlalchemy.orm import Session

from components.database.chained import ORIGIN, Chained
from components.database.database import Database
from components.database.schema import RetentionEventRow

__all__ = ["ORIGIN", "Event", "Kind", "broken", "enter", "events", "head"]

Kind = Literal[
    "begun", "resumed", "deleted", "rewritten", "rows", "withdrawn", "swept", "hold", "lifted", "class", "declassified"
]
CHAIN = Chained(
    RetentionEventRow, ("kind", "sweep", "run", "path", "bytes", "sha256", "rule", "who", "detail"),
    lambda row: f"{row['kind']} {row['path']}",
)  # fmt: skip


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
    CHAIN.enter(database, lambda session: [asdict(event) for event in change(session)])


def events(database: Database, *, kinds: Sequence[Kind] = (), sweep: str = "") -> Iterator[dict[str, Any]]:
    """The rows of some kinds (all where none are named), of one sweep or of all, in order, with number, time and digest."""
    conditions = [RetentionEventRow.kind.in_(list(kinds))] if kinds else []
    return CHAIN.rows(database, *conditions, *([RetentionEventRow.sweep == sweep] if sweep else []))


def head(database: Database) -> tuple[int, str]:
    """Number and digest of the newest row."""
    return CHAIN.head(database)


def broken(database: Database) -> list[str]:
    """What of the chain is not as it was entered: rows that were edited, taken out or put in. Empty where it is whole.

    Rows that were cut off at the end are found by comparing with exported certificates, which name the newest row.
    """
    return CHAIN.broken(database)
