"""The staff: who is what, where and when."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds

VALIDITY = "valid_until IS NULL OR valid_until > valid_from"


class StaffMember(Base):
    """The roster as it is now: of the assignments those that hold, and people whom only a fleet names."""

    __tablename__ = "staff"
    id: Mapped[Name] = mapped_column(primary_key=True)
    role: Mapped[Name]
    department: Mapped[Name]
    shift: Mapped[str]
    badge: Mapped[int]  # negative: none


class AssignmentRow(Base):
    """What somebody is, where, and their hours of the week, from when until when; these never overlap for one person."""

    __tablename__ = "assignments"
    person: Mapped[Name] = mapped_column(primary_key=True)
    valid_from: Nanoseconds = mapped_column(primary_key=True)
    valid_until: Mapped[int | None]  # None: still
    role: Mapped[Name]
    department: Mapped[Name]
    shift: Mapped[str]
    badge: Mapped[int | None]
    __table_args__ = (CheckConstraint(VALIDITY, name="validity"), Index("ix_assignments_valid", "valid_from", "valid_until"))


class ShiftRow(Base):
    """Dated shifts: where somebody has some, they count instead of the hours of the week."""

    __tablename__ = "shifts"
    person: Mapped[Name] = mapped_column(primary_key=True)
    start: Nanoseconds = mapped_column(primary_key=True)
    finish: Nanoseconds
    __table_args__ = (CheckConstraint("finish > start", name="order"), Index("ix_shifts_start", "start", "person"))


class RoleRow(Base):
    """What a role is called, from when until when."""

    __tablename__ = "roles"
    id: Mapped[Name] = mapped_column(primary_key=True)
    valid_from: Nanoseconds = mapped_column(primary_key=True)
    valid_until: Mapped[int | None]
    name: Mapped[str]
    __table_args__ = (CheckConstraint(VALIDITY, name="validity"),)


class DepartmentRow(Base):
    """What a department is called, from when until when."""

    __tablename__ = "departments"
    id: Mapped[Name] = mapped_column(primary_key=True)
    valid_from: Nanoseconds = mapped_column(primary_key=True)
    valid_until: Mapped[int | None]
    name: Mapped[str]
    __table_args__ = (CheckConstraint(VALIDITY, name="validity"),)
