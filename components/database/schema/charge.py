"""Which version of a model was in charge of which cameras, from when on, by whom and why."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds, words


class ChargeRow(Base):
    """The ledger of what was in charge. Rows are only added; each has the digest of the last."""

    __tablename__ = "charges"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Nanoseconds  # by the wall's clock
    kind: Mapped[Name]  # intended, appointed, abandoned, refused
    model: Mapped[Name]  # its name in the registry, such as staff_detector
    alias: Mapped[Name]  # champion, challenger
    version: Mapped[Name]
    before: Mapped[Name]  # the version that the alias meant until then; empty: none
    cameras: Mapped[list[Any]]  # that hung anywhere then
    who: Mapped[Name]
    why: Mapped[str] = mapped_column(words(2048))
    detail: Mapped[dict[str, Any]]  # what the gates said; whether it was forced, rolled back or repaired
    previous: Mapped[Name]
    digest: Mapped[Name]
    __table_args__ = (Index("ix_charges_model", "model", "alias", "number"),)
