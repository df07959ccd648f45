"""Cameras and the floor that they look at, as far as people have entered them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds


class CameraVersion(Base):
    """The camera registry: one row per camera and version, valid from/until in fleet time."""

    __tablename__ = "cameras"
    id: Mapped[Name] = mapped_column(primary_key=True)
    version: Mapped[Name] = mapped_column(primary_key=True)
    site: Mapped[Name]
    location: Mapped[str]
    homography: Mapped[list[Any]]  # 3x3, native pixel -> floor metres
    calibration: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # lens and place; None: unknown
    valid_from: Nanoseconds
    valid_until: Mapped[int | None]  # None: still valid


class ZoneRow(Base):
    """The floor plan: named polygons in metres."""

    __tablename__ = "zones"
    site: Mapped[Name] = mapped_column(primary_key=True)
    name: Mapped[Name] = mapped_column(primary_key=True)
    kind: Mapped[Name]
    polygon: Mapped[list[Any]]  # [[x, y], ...] metres
    departments: Mapped[list[Any]] = mapped_column(default=list)  # whose staff is expected here; []: everybody's
