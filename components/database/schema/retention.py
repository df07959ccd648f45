"""What was deleted, by which rule, and what must not be: the audit of retention."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds, words


class RetentionSweepRow(Base):
    """Sweeps, erasures and disks that were nearly full: one row for each, however often interrupted. Times are the wall's."""

    __tablename__ = "retention_sweeps"
    id: Mapped[Name] = mapped_column(primary_key=True)
    kind: Mapped[Name]  # sweep, erasure, disk: one that was nearly full
    status: Mapped[Name]  # running, completed, failed
    started: Nanoseconds
    finished: Mapped[int | None]
    task: Mapped[dict[str, Any]]  # what was to be done: the policy, or who is to be erased
    files: Mapped[int]
    bytes: Mapped[int]
    problem: Mapped[str] = mapped_column(words(2048))
    __table_args__ = (Index("ix_retention_sweeps_kind_started", "kind", "started"),)


class DeletionRow(Base):
    """Intents: what a sweep is about to delete or to rewrite, entered before it is touched, gone when that is proven."""

    __tablename__ = "deletions"
    sweep: Mapped[Name] = mapped_column(primary_key=True)
    place: Mapped[Name] = mapped_column(primary_key=True)  # digest of the path, which is too long for a key
    path: Mapped[str] = mapped_column(words(1024))
    bytes: Mapped[int]
    sha256: Mapped[Name]
    rule: Mapped[Name]
    entered: Nanoseconds
    detail: Mapped[dict[str, Any]]


class RetentionEventRow(Base):
    """The certificate: what was deleted, held, lifted, put into a class. Rows are only added; each has the digest of the last."""

    __tablename__ = "retention_events"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Nanoseconds  # by the wall's clock
    kind: Mapped[Name]
    sweep: Mapped[Name]
    run: Mapped[Name]  # of a flow
    path: Mapped[str] = mapped_column(words(1024))
    bytes: Mapped[int]
    sha256: Mapped[Name]
    rule: Mapped[Name]
    who: Mapped[str]
    detail: Mapped[dict[str, Any]]
    previous: Mapped[Name]
    digest: Mapped[Name]
    __table_args__ = (Index("ix_retention_events_sweep", "sweep", "number"), Index("ix_retention_events_kind", "kind", "number"))
