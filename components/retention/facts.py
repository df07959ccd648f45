"""The rows of one person in the database: facts, and what is true now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from components.contracts import UNKNOWN
from components.database.database import Database
from components.database.schema import CrossingRow, LatestSighting, PositionRow, PresenceRow, TransitionRow
from components.retention.person import Request, Trace

AT_ONCE = 200  # identities in one condition


def counted(database: Database, request: Request, trace: Trace) -> dict[str, int]:
    """How many rows of each table are the person's; tables with none are left out."""
    with database.session() as session:
        found = {
            table.__tablename__: sum(
                int(session.scalar(select(func.count()).select_from(table).where(mine)) or 0) for mine in each
            )
            for table, each in _conditions(request, trace)
        }
    return {name: rows for name, rows in found.items() if rows}


def erase(session: Session, request: Request, trace: Trace, token: str) -> dict[str, int]:
    """Remove them, or put `token` in the place of the name; how many of each table."""
    changed: dict[str, int] = {}
    for table, conditions in _conditions(request, trace):
        for mine in conditions:
            if request.how == "remove" or table is LatestSighting:  # that has what they look like
                done: Any = session.execute(delete(table).where(mine))
            else:
                named = {"person": token} | ({"reason": ""} if hasattr(table, "reason") else {})
                done = session.execute(update(table).where(mine).values(**named))
            changed[table.__tablename__] = changed.get(table.__tablename__, 0) + done.rowcount
    return {name: rows for name, rows in changed.items() if rows}


def _conditions(request: Request, trace: Trace) -> Iterator[tuple[Any, list[ColumnElement[bool]]]]:
    """For each table what is the person's, in pieces that every database takes."""
    start, end = request.start, request.end
    stay = and_(PresenceRow.entered < end, PresenceRow.left >= start)
    way = and_(TransitionRow.left < end, TransitionRow.entered >= start)
    tables: list[tuple[Any, ColumnElement[bool]]] = [
        (PresenceRow, stay), (TransitionRow, way), (CrossingRow, and_(CrossingRow.time >= start, CrossingRow.time < end)),
        (PositionRow, and_(PositionRow.time >= start, PositionRow.time < end)),
    ]  # fmt: skip
    identities = sorted(trace.identities) if request.how == "remove" else []
    for table, when in tables:
        groups = [identities[i : i + AT_ONCE] for i in range(0, len(identities), AT_ONCE)]
        nameless = [
            and_(when, table.person == UNKNOWN, or_(*[and_(table.run == run, table.identity == name) for run, name in group]))
            for group in groups
        ]
        yield table, [and_(when, table.person == request.person), *nameless]
    now = and_(LatestSighting.time >= start, LatestSighting.time < end)
    yield LatestSighting, [and_(now, LatestSighting.person == request.person)]
