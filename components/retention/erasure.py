"""Erases one person from one period: rows of files and of the database; pictures are reported, footage goes where asked."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sqlalchemy.orm import Session

from components.contracts import InputError, Progress
from components.database.database import Database
from components.retention import containing, facts, person, removal
from components.retention.certificates import export
from components.retention.chain import Event, enter, events
from components.retention.containing import Containing
from components.retention.items import Item, Span, span_of
from components.retention.marks import Mark, holds_on, marks
from components.retention.person import Request, Trace
from components.retention.removal import Remover
from components.retention.work import Intent, Work, unfinished
from components.storage import layout
from components.storage.storage import Storage

PREFIXES = ("features", "sightings", "positions", "raw", "lake")  # what they look like first
RULE = "erasure"  # what certificates name where a sweep's name a rule
Footage = Literal["keep", "delete"]


@dataclass(slots=True)
class Erasure:
    """What is, or would be, erased."""

    rows: dict[str, int] = field(default_factory=dict)  # of files, by prefix
    files: dict[str, int] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)  # rows of the database
    footage: list[str] = field(default_factory=list)  # pieces that show the person
    footage_bytes: int = 0
    datasets: list[Containing] = field(default_factory=list)
    label_sets: dict[str, int] = field(default_factory=dict)  # digest -> boxes with the person's name
    held: dict[str, list[str]] = field(default_factory=dict)  # path -> holds that keep it
    problems: dict[str, str] = field(default_factory=dict)
    id: str = ""
    certificate: str = ""
    resumed: bool = False


def look(storage: Storage, database: Database, request: Request, *, progress: Progress = lambda _done, _total: None) -> Erasure:
    """What an erasure would change; nothing is touched."""
    trace, held = person.trace(storage, request), marks(database)
    found = _pictures(storage, database, request, trace)
    for done, (path, rows) in enumerate(_affected(storage, request, trace)):
        if holds := holds_on(_item(path), held):
            found.held[path] = list(holds)
        else:
            _count(found, path, rows)
        progress(done, 0)
    found.tables = facts.counted(database, request, trace)
    return found


def erase(
    storage: Storage, database: Database, request: Request, *, footage: Footage, run: str = "",
    progress: Progress = lambda _done, _total: None,
) -> Erasure:  # fmt: skip
    """Erase; killed at any moment and begun again, it goes on, and there is one record.

    Datasets are not touched: they are what they were, and the result says which frames show the person.
    Raises InputError where another erasure was interrupted, and has to be finished first.
    """
    task = {**request.plain(), "footage": footage}
    before = _unfinished(database, task)
    secret = before["secret"] if before else _secret(storage, database, request)
    work = Work(database, "erasure", task, run=run, secret=secret)
    shown = [Containing(**each) for each in secret["datasets"]]
    found = Erasure(footage=secret["footage"], datasets=shown, label_sets=secret["label_sets"], id=work.id, resumed=work.resumed)
    order = _Order(storage, work, Remover(storage), request, Trace.of(secret), secret["token"], marks(database))
    try:
        for intent in work.pending():
            order.carry_out(intent, found)
        for done, (path, rows) in enumerate(_affected(storage, request, order.trace)):
            order.rewrite(path, rows, found)
            progress(done, 0)
        if footage == "delete":
            for path in found.footage:
                order.delete(path, found)
        enter(database, lambda session: order.tables(session, found))
    except Exception as error:
        with suppress(InputError):
            work.finish(str(error) or type(error).__name__, {})
        raise
    work.finish("; ".join(f"{path}: {why}" for path, why in found.problems.items()), _said(found, database))
    found.certificate = export(storage, database, work.id)
    return found


class _Order:
    """What stays the same while one erasure is carried out."""

    def __init__(
        self, storage: Storage, work: Work, remover: Remover, request: Request, trace: Trace, token: str, held: Sequence[Mark]
    ) -> None:
        self.storage, self.work, self.remover, self.request = storage, work, remover, request
        self.trace, self.token, self.held = trace, token, held

    def rewrite(self, path: str, rows: int, found: Erasure) -> None:
        """Write a file again without the person."""
        if holds := holds_on(_item(path), self.held):
            found.held[path] = list(holds)
            return
        sha256, size = removal.digest(self.storage, path)
        intent = Intent(path=path, bytes=size, sha256=sha256, rule=RULE, detail={"rows": rows, "how": self.request.how})
        self.work.intend([intent])
        self.carry_out(intent, found)

    def delete(self, path: str, found: Erasure) -> None:
        """Delete a piece of footage, and what is known about the people in it."""
        for each in (path, layout.truth(path)):
            if not self.storage.exists(each):
                continue
            if holds := holds_on(_item(each), self.held):
                found.held[each] = list(holds)
                continue
            sha256, size = removal.digest(self.storage, each)
            intent = Intent(path=each, bytes=size, sha256=sha256, rule=RULE, detail={"how": "delete"})
            self.work.intend([intent])
            self.carry_out(intent, found)

    def carry_out(self, intent: Intent, found: Erasure) -> None:
        """What was entered happens, and is proven."""
        if holds := holds_on(_item(intent.path), self.held):
            found.held[intent.path] = list(holds)
            self.work.prove([(intent, self.work.event("withdrawn", intent, holds=list(holds)))])
            return
        try:
            left, event = self._deleted(intent) if intent.detail["how"] == "delete" else self._rewritten(intent, found)
        except InputError as error:
            left = str(error)
        if left:
            found.problems[intent.path] = left
        else:
            self.remover.forget([intent.path])
            self.work.prove([(intent, event)])

    def tables(self, session: Session, found: Erasure) -> list[Event]:
        """The rows of the database, in the transaction that enters them into the chain."""
        site = Item("database", (), (Span("", self.request.start, self.request.end),), 0)
        if holds := holds_on(site, self.held):
            found.held["database"] = list(holds)
            return []
        found.tables = facts.erase(session, self.request, self.trace, self.token)
        said = {"how": self.request.how}
        return [
            Event(
                kind="rows",
                sweep=self.work.id,
                run=self.work.run,
                path=f"database/{table}",
                rule=RULE,
                detail={**said, "rows": rows},
            )
            for table, rows in found.tables.items()
        ]

    def _deleted(self, intent: Intent) -> tuple[str, Event]:
        self.remover.remove(intent.path)
        return self.remover.remains(intent.path), self.work.event("deleted", intent)

    def _rewritten(self, intent: Intent, found: Erasure) -> tuple[str, Event]:
        path = intent.path
        table, rows = self._changed(path)
        if rows:
            self.storage.write(path, person.to_bytes(table))
        self.remover.remove_old(path)
        left = self._changed(path)[1]
        _count(found, path, int(intent.detail["rows"]))
        after = removal.digest(self.storage, path)[0]
        return f"{left} rows of it are left" if left else "", self.work.event("rewritten", intent, sha256_after=after)

    def _changed(self, path: str) -> tuple[Any, int]:
        return person.changed(path, person.read(self.storage, path), self.request, self.trace, self.token)


def _pictures(storage: Storage, database: Database, request: Request, trace: Trace) -> Erasure:
    """Footage and datasets that show the person."""
    pieces = containing.segments(database, trace.moments)
    shown = list(containing.datasets(storage, request, trace.moments))
    footage, size = [path for path, _, _ in pieces], sum(size for _, size, _ in pieces)
    labels = containing.label_sets(storage, request)
    return Erasure(footage=footage, footage_bytes=size, datasets=shown, label_sets=labels)


def _affected(storage: Storage, request: Request, trace: Trace) -> Iterator[tuple[str, int]]:
    """Every file that has rows of the person, and how many."""
    for prefix in PREFIXES:
        for path in person.files(storage, prefix, request):
            rows = person.changed(path, person.read(storage, path), request, trace, "erased")[1]
            if rows:
                yield path, rows


def _count(found: Erasure, path: str, rows: int) -> None:
    prefix = path.split("/", 1)[0]
    found.rows[prefix] = found.rows.get(prefix, 0) + rows
    found.files[prefix] = found.files.get(prefix, 0) + 1


def _item(path: str) -> Item:
    """A file, as far as holds look at it."""
    span = span_of(path)
    return Item(path, (path,), (span,) if span else (), 0)


def _unfinished(database: Database, task: Mapping[str, Any]) -> dict[str, Any] | None:
    """The task of this erasure, where it was begun before. Raises InputError where it is another that was."""
    known = unfinished(database, "erasure")
    if known is None:
        return None
    before = {name: known[1].get(name) for name in task}
    if before != dict(task):
        raise InputError(f"another erasure was interrupted: {before}; run that one again first, so that it is finished")
    return known[1]


def _secret(storage: Storage, database: Database, request: Request) -> dict[str, Any]:
    """What has to be known until the end, though the files that say it change on the way."""
    trace = person.trace(storage, request)
    pictures = _pictures(storage, database, request, trace)
    token = f"erased-{uuid.uuid4().hex[:12]}"
    return {
        **trace.plain(),
        "token": token,
        "footage": pictures.footage,
        "datasets": [asdict(each) for each in pictures.datasets],
        "label_sets": pictures.label_sets,
    }


def _said(found: Erasure, database: Database) -> dict[str, Any]:
    """For the certificate: how much, and which datasets show the person; nothing that leads back to rows that stay."""
    done: dict[str, int] = {}
    for event in events(database, kinds=["rewritten", "rows", "deleted"], sweep=found.id):
        name = event["path"] if event["kind"] == "rows" else f"{event['kind']} {event['path'].split('/', 1)[0]}"
        done[name] = done.get(name, 0) + int(event["detail"].get("rows", 1))
    shown = {each.dataset: len(each.frames) for each in found.datasets}
    pictures = {"footage": len(found.footage), "datasets": shown, "label_sets": found.label_sets}
    return {"done": done, **pictures, "held": sorted(found.held)}
