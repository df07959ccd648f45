"""A piece of retention work: entered before anything is touched, proven afterwards, one record however often it is killed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from components.contracts import digest_of
from components.database.database import Database
from components.database.schema import DatasetRow, DeletionRow, RetentionSweepRow, SegmentRow
from components.database.segments import enter_loss
from components.retention.chain import Event, enter
from components.retention.items import FOOTAGE

Of = Literal["sweep", "erasure", "disk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A file that is about to be deleted or rewritten."""

    path: str
    bytes: int
    sha256: str
    rule: str
    detail: Mapping[str, Any] = field(default_factory=dict)  # plain data


class Work:
    """A sweep or an erasure. An unfinished one of the same kind is taken up again under its name."""

    def __init__(
        self, database: Database, kind: Of, task: Mapping[str, Any], *, run: str, secret: Mapping[str, Any] | None = None
    ) -> None:
        """`secret` is what it has to remember until it is finished, and nobody afterwards."""
        self.database, self.kind, self.run = database, kind, run
        known = unfinished(database, kind)
        self.id, self.resumed = (known[0], True) if known else (uuid.uuid4().hex, False)
        self.task = known[1] if known else {**task, "secret": dict(secret or {})}
        event = Event(kind="resumed" if self.resumed else "begun", sweep=self.id, run=run, detail={"kind": kind, **task})
        enter(database, lambda session: self._begin(session, event))

    def _begin(self, session: Session, event: Event) -> list[Event]:
        if not self.resumed:
            row = RetentionSweepRow(
                id=self.id, kind=self.kind, status="running", started=time.time_ns(), finished=None, task=self.task, files=0,
                bytes=0, problem="",
            )  # fmt: skip
            session.add(row)
        return [event]

    def pending(self) -> list[Intent]:
        """What was entered and has not been proven."""
        query = select(DeletionRow).where(DeletionRow.sweep == self.id).order_by(DeletionRow.entered, DeletionRow.path)
        with self.database.session() as session:
            return [
                Intent(path=row.path, bytes=row.bytes, sha256=row.sha256, rule=row.rule, detail=row.detail)
                for row in session.scalars(query)
            ]

    def intend(self, intents: Sequence[Intent]) -> None:
        """Enter what is going to happen. Committed before anything is touched."""
        now = time.time_ns()

        def change(session: Session) -> None:
            for intent in intents:
                row = DeletionRow(
                    sweep=self.id, place=digest_of(intent.path), path=intent.path, bytes=intent.bytes, sha256=intent.sha256,
                    rule=intent.rule, entered=now, detail=dict(intent.detail),
                )  # fmt: skip
                session.merge(row)

        self.database.apply(change)

    def prove(self, done: Sequence[tuple[Intent, Event]]) -> None:
        """What happened to each intent, into the chain; another process of the same work may have been faster."""
        enter(self.database, lambda session: [event for intent, event in done if self._settle(session, intent, event)])

    def _settle(self, session: Session, intent: Intent, event: Event) -> bool:
        place = (DeletionRow.sweep == self.id) & (DeletionRow.place == digest_of(intent.path))
        if not session.execute(delete(DeletionRow).where(place)).rowcount:  # type: ignore[attr-defined]
            return False
        if event.kind in ("deleted", "rewritten"):
            size = intent.bytes if event.kind == "deleted" else 0
            counted = {"files": RetentionSweepRow.files + 1, "bytes": RetentionSweepRow.bytes + size}
            session.execute(update(RetentionSweepRow).where(RetentionSweepRow.id == self.id).values(**counted))
        if event.kind == "deleted":
            _mark_deleted(session, intent)
            for camera, start, end in intent.detail["spans"] if intent.detail.get("gap") else ():
                enter_loss(session, camera, start, end, intent.detail["gap"])
        return True

    def event(self, kind: Literal["deleted", "rewritten", "withdrawn", "rows"], intent: Intent, **detail: Any) -> Event:
        """What the chain says of an intent that was carried out."""
        whole = {**intent.detail, **detail}
        return Event(
            kind=kind, sweep=self.id, run=self.run, path=intent.path, bytes=intent.bytes, sha256=intent.sha256, rule=intent.rule,
            detail=whole,
        )  # fmt: skip

    def finish(self, problem: str, detail: Mapping[str, Any]) -> None:
        """Completed, or failed where there is a problem: then what is pending is tried again by the next."""
        last = Event(kind="swept", sweep=self.id, run=self.run, detail={"problem": problem, **detail})
        status = {"status": "failed" if problem else "completed", "problem": problem[:2048]}

        def change(session: Session) -> list[Event]:
            public = {name: value for name, value in self.task.items() if name != "secret"}
            ended = {**status, "finished": None if problem else time.time_ns(), "task": self.task if problem else public}
            session.execute(update(RetentionSweepRow).where(RetentionSweepRow.id == self.id).values(**ended))
            return [last]

        enter(self.database, change)


def unfinished(database: Database, kind: Of) -> tuple[str, dict[str, Any]] | None:
    """The name and the task of the oldest work of that kind that was begun and not finished."""
    rows = select(RetentionSweepRow).where(RetentionSweepRow.kind == kind, RetentionSweepRow.finished.is_(None))
    with database.session() as session:
        row = session.scalars(rows.order_by(RetentionSweepRow.started).limit(1)).first()
        return (row.id, dict(row.task)) if row else None


def _mark_deleted(session: Session, intent: Intent) -> None:
    """Footage and datasets stay known, as what was deleted."""
    marked = {"deleted": time.time_ns(), "deleted_by": intent.rule}
    if match := FOOTAGE.fullmatch(intent.path):
        row = (
            (SegmentRow.camera == match["camera"]) & (SegmentRow.start == int(match["start"])) & (SegmentRow.path == intent.path)
        )
        session.execute(update(SegmentRow).where(row).values(**marked))
    if intent.path.startswith("datasets/"):
        digest = intent.path.split("/")[1]
        session.execute(update(DatasetRow).where(DatasetRow.digest == digest, DatasetRow.deleted.is_(None)).values(**marked))
