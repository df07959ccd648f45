"""What only one process at a time may change."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds


class LockRow(Base):
    """A name whose row is held, in a transaction, while what it stands for is read and then changed."""

    __tablename__ = "locks"
    name: Mapped[Name] = mapped_column(primary_key=True)
    taken: Nanoseconds  # the last time, by the wall's clock
