"""Cameras and the floor that they look at, as far as people have entered them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds


class CameraVersion(Base):
    """The camera registry: one row per camera, version and time in which it held, in fleet time; these never overlap.

    A row that ends where it begins is of a version that was entered and corrected: footage may name it, no time is its own.
    """

    __tablename__ = "cameras"
    id: Mapped[Name] = mapped_column(primary_key=True)
    version: Mapped[Name] = mapped_column(primary_key=True)
    valid_from: Nanoseconds = mapped_column(primary_key=True)
    valid_until: Mapped[int | None]  # None: still valid
    site: Mapped[Name]
    location: Mapped[str]
    homography: Mapped[list[Any]]  # 3x3, native pixel -> floor metres
    calibration: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # lens and place; None: unknown
    __table_args__ = (
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="validity"),
        Index("ix_cameras_site_valid", "site", "valid_from"),
    )


class ZoneRow(Base):
    """The floor plan: named polygons in metres."""

    __tablename__ = "zones"
    site: Mapped[Name] = mapped_column(primary_key=True)
    name: Mapped[Name] = mapped_column(primary_key=True)
    kind: Mapped[Name]
    polygon: Mapped[list[Any]]  # [[x, y], ...] metres
    departments: Mapped[list[Any]] = mapped_column(default=list)  # whose staff is expected here; []: everybody's
