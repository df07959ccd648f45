"""What was run, and what is finished and need not be done again."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds


class StepRow(Base):
    """Finished pieces of work: what a flow that runs again need not do again."""

    __tablename__ = "steps"
    key: Mapped[Name] = mapped_column(primary_key=True)
    flow: Mapped[Name]
    name: Mapped[str]
    result: Mapped[dict[str, Any]]
    finished: Nanoseconds


class RunRow(Base):
    """Every run of every flow, whether or not a Prefect server was there to see it."""

    __tablename__ = "runs"
    id: Mapped[Name] = mapped_column(primary_key=True)
    flow: Mapped[Name]
    status: Mapped[Name]  # running, completed, failed
    overrides: Mapped[list[Any]]
    config_digest: Mapped[Name]
    started: Nanoseconds
    finished: Mapped[int | None]
    summary: Mapped[dict[str, Any]]
    published: Mapped[bool]  # a Prefect server has it
    alive: Nanoseconds = mapped_column(default=time.time_ns)  # by the wall's clock: its process was there
    __table_args__ = (Index("ix_runs_flow_started", "flow", "started"),)
