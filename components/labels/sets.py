"""Sets of labels: immutable, with a name, an owner and a parent; the rows in the store, the rest in the database."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.orm import Session

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import LabelSetRow
from components.labels import table as tables
from components.storage import layout
from components.storage.storage import Storage

State = Literal["reviewed", "proposed"]


@dataclass(frozen=True, slots=True)
class LabelSet:
    """What the database knows of a set."""

    digest: str
    name: str
    state: State  # people have looked at it, or it is what a detector proposes
    owner: str
    how: str
    parent: str  # digest of the set that this one follows; empty for the first
    created: int  # ns, on the wall's clock
    frames: int
    boxes: int
    views: tuple[dict[str, Any], ...]  # camera, version, frames, first, last


class LabelSets:
    """All sets of labels of one store and database."""

    def __init__(self, storage: Storage, database: Database) -> None:
        self._storage, self._database = storage, database

    def add(self, table: pa.Table, *, name: str, state: State, owner: str, how: str, parent: str = "") -> tuple[LabelSet, bool]:
        """Keep the rows (in order) as a set; with it whether it is new. Rows that are known already stay whose they were.

        The store has them before the database knows; a set that was half written is written again.
        """
        digest = tables.digest(table, state)
        if not len(table):
            raise InputError(f"labels {name}: there is no picture in them; expected at least one that somebody has looked at")
        path = layout.labels(digest)
        if not self._storage.exists(path):
            self._storage.write(path, tables.to_bytes(table))
        row = {
            "name": name, "state": state, "owner": owner, "how": how[:1024], "parent": parent, "created": time.time_ns(),
            "frames": tables.pictures(table), "boxes": tables.boxes(table), "views": tables.views(table), "path": path,
        }  # fmt: skip

        def enter(session: Session) -> tuple[LabelSet, bool]:
            if known := session.get(LabelSetRow, digest):
                return _plain(known), False
            session.add(made := LabelSetRow(digest=digest, **row))
            return _plain(made), True

        return self._database.apply(enter)

    def all(self) -> list[LabelSet]:
        """Every set, the newest first."""
        with self._database.session() as session:
            order = (LabelSetRow.created.desc(), LabelSetRow.digest)
            return [_plain(row) for row in session.scalars(select(LabelSetRow).order_by(*order))]

    def named(self, word: str, *, states: Sequence[State] = ("reviewed", "proposed")) -> LabelSet:
        """The set that `word` stands for: a digest, its beginning, or a name, of which the newest in those states counts."""
        known = self.all()
        of_name = [found for found in known if found.name == word]
        of_digest = [found for found in known if len(word) >= 6 and found.digest.startswith(word)]
        fitting = [found for found in of_name if found.state in states][:1] or of_digest
        if len(fitting) != 1:
            names = ", ".join(dict.fromkeys(found.name for found in known)) or "none yet"
            why = f"; of that name there are only {of_name[0].state} ones" if of_name and not fitting else ""
            raise InputError(
                f"labels {word!r}: {len(fitting)} sets have that name or digest{why}; expected one of {names}, "
                "as python -m flows.label shows them"
            )
        return fitting[0]

    def newest(self, name: str) -> LabelSet | None:
        """The newest set of that name, if there is one."""
        return next((found for found in self.all() if found.name == name), None)

    def read(self, found: LabelSet) -> pa.Table:
        """The rows. Raises InputError where they are not those of the digest."""
        table = tables.from_bytes(self._storage.read(layout.labels(found.digest)))
        if tables.digest(table, found.state) != found.digest:
            raise InputError(
                f"labels {found.name} ({found.digest[:12]}): its rows in the store are not those of its digest: they were "
                "changed or damaged; remove the file and import the labels again"
            )
        return table


def _plain(row: LabelSetRow) -> LabelSet:
    return LabelSet(
        row.digest, row.name, row.state, row.owner, row.how, row.parent, row.created, row.frames, row.boxes,  # type: ignore[arg-type]
        tuple(row.views),
    )  # fmt: skip
