"""Makes room on a disk that is nearly full: footage of a store on this machine goes, entered before and proven after."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import select

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import SegmentRow
from components.retention.certificates import export
from components.retention.disk import Disk
from components.retention.items import Item, Span
from components.retention.marks import Mark, Scope, categories_of, holds_on, marks
from components.retention.removal import Remover
from components.retention.sweep import Sum, carry_out
from components.retention.work import Intent, Work
from components.storage.storage import Storage

AT_ONCE = 200  # rows that are looked at together
PATIENCE = 60.0  # s for which what is known of marks is new enough

_LOG = logging.getLogger(__name__)


class Marked:
    """What people have said must stay, as far as it was known when the database was last there; survives the process."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._file = database, folder / ".marks.json"
        self._known: list[Mark] | None = None
        self._asked = 0.0
        with suppress(OSError, ValueError, KeyError, TypeError):
            self._known = [_mark(plain) for plain in json.loads(self._file.read_bytes())]

    def fresh(self) -> bool:
        """Ask the database, at most every minute; False where it does not answer."""
        if self._asked and time.monotonic() - self._asked < PATIENCE:
            return True
        try:
            self._known = marks(self._database)
        except InputError:
            return False
        self._asked = time.monotonic()
        with suppress(OSError):  # on a full disk the older ones stay
            partial = self._file.with_name(f"{self._file.name}.{os.getpid()}")
            partial.write_text(json.dumps([_plain(mark) for mark in self._known]))
            partial.replace(self._file)
        return True

    def rank(self, disk: Disk, item: Item) -> int | None:
        """When `item` goes; None is never, as for everything while nobody has ever heard of the marks."""
        if self._known is None:
            return None
        return disk.rank(holds_on(item, self._known), sorted(categories_of(item, self._known)))


def make_room(storage: Storage, database: Database, disk: Disk, size: int, *, run: str = "") -> int:
    """Delete recorded footage of a store on this machine until `size` bytes are free; how many bytes went.

    The intents are entered first, as of a sweep; a run that is killed goes on where it was. Each stretch without footage
    becomes a gap with its reason. Raises InputError where the database is away: nothing is deleted that cannot be entered.
    """
    marked = marks(database)
    work = Work(database, "disk", {"rule": disk.rule, "goes": list(disk.goes), "now": time.time_ns()}, run=run)
    remover, sum_ = Remover(storage), Sum()
    for intents in [work.pending(), *_batches(database, disk, marked, size)]:
        work.intend(intents)
        carry_out(work, remover, intents, sum_)
    work.finish("; ".join(f"{path}: {reason}" for path, reason in list(sum_.problems.items())[:5]), {"withdrawn": sum_.withdrawn})
    export(storage, database, work.id)
    if sum_.files:
        _LOG.error("%d files of footage (%.1f MB) were deleted: %s", sum_.files, sum_.bytes / 1e6, disk.rule)
    return sum_.bytes


def _batches(database: Database, disk: Disk, marked: Sequence[Mark], size: int) -> list[list[Intent]]:
    """What goes, in order: one batch for each class, no more than `size` bytes (and the file that goes over it)."""
    classes = {category for mark in marked if mark.kind == "class" for category in [mark.category]}
    batches: list[list[Intent]] = []
    for rank in range(len(disk.goes)):
        if disk.goes[rank] != "other" and disk.goes[rank] not in classes:
            continue  # nobody has ever put anything into it
        batch: list[Intent] = []
        for item in _oldest(database):
            if size <= 0:
                break
            if disk.rank(holds_on(item, marked), sorted(categories_of(item, marked))) == rank:
                batch.append(_intent(item, disk))
                size -= item.bytes
        batches.append(batch)
    return batches


def _oldest(database: Database) -> Any:
    """Footage that is in the store, oldest first."""
    query = (
        select(SegmentRow).where(SegmentRow.deleted.is_(None)).order_by(SegmentRow.start, SegmentRow.camera, SegmentRow.sha256)
    )
    with database.session() as session:
        for row in session.scalars(query.execution_options(yield_per=AT_ONCE)):
            yield Item(row.path, (row.path,), (Span(row.camera, row.start, row.end),), row.bytes, row.sha256)


def _intent(item: Item, disk: Disk) -> Intent:
    spans = [[span.camera, span.start, span.end] for span in item.spans]
    return Intent(
        path=item.path, bytes=item.bytes, sha256=item.sha256, rule="disk", detail={"spans": spans, "gap": f"deleted: {disk.rule}"}
    )


def _plain(mark: Mark) -> dict[str, Any]:
    scope = {name: getattr(mark.scope, name) for name in ("cameras", "start", "end", "prefix", "dataset")}
    return {"kind": mark.kind, "name": mark.name, "scope": scope, "category": mark.category, "who": mark.who, "why": mark.why,
            "at": mark.at}  # fmt: skip


def _mark(plain: Mapping[str, Any]) -> Mark:
    return Mark(**{**plain, "scope": Scope(**{**plain["scope"], "cameras": tuple(plain["scope"]["cameras"])})})
