"""The roster."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name


class StaffMember(Base):
    """The roster."""

    __tablename__ = "staff"
    id: Mapped[Name] = mapped_column(primary_key=True)
    role: Mapped[Name]
    department: Mapped[Name]
    shift: Mapped[Name]
    badge: Mapped[int]
