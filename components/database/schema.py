"""The tables, in one place: what IT audits and what the dashboard reads."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Nanoseconds = Mapped[int]  # fleet time: UTC, since 1970


class Base(DeclarativeBase):
    """All tables. Times are fleet time in nanoseconds; digests are 64 hex digits of sha256."""

    metadata = MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})
    type_annotation_map = {int: BigInteger, str: String(255), dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012 - SQLAlchemy reads it


class CameraVersion(Base):
    """The camera registry: one row per camera and version, valid from/until in fleet time."""

    __tablename__ = "cameras"
    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    site: Mapped[str]
    location: Mapped[str]
    homography: Mapped[list[Any]]  # 3x3, native pixel -> floor metres
    valid_from: Nanoseconds
    valid_until: Mapped[int | None]  # None: still valid


class ZoneRow(Base):
    """The floor plan: named polygons in metres."""

    __tablename__ = "zones"
    site: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    polygon: Mapped[list[Any]]  # [[x, y], ...] metres


class StaffMember(Base):
    """The roster."""

    __tablename__ = "staff"
    id: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    department: Mapped[str]
    shift: Mapped[str]
    badge: Mapped[int]


class SegmentRow(Base):
    """Raw footage in the store."""

    __tablename__ = "segments"
    camera: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)
    start: Nanoseconds = mapped_column(primary_key=True)
    camera_version: Mapped[str]
    end: Nanoseconds
    frames: Mapped[int]
    bytes: Mapped[int]
    codec: Mapped[str]
    path: Mapped[str] = mapped_column(String(1024))
    __table_args__ = (Index("ix_segments_camera_start", "camera", "start"),)


class DatasetRow(Base):
    """Datasets that exist whole in the store, newest last."""

    __tablename__ = "datasets"
    digest: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(String(1024))
    kept: Mapped[int]
    rejected: Mapped[int]
    chain_digest: Mapped[str]
    created: Nanoseconds


class StepRow(Base):
    """Finished pieces of work: what a flow that runs again need not do again."""

    __tablename__ = "steps"
    key: Mapped[str] = mapped_column(primary_key=True)
    flow: Mapped[str]
    name: Mapped[str]
    result: Mapped[dict[str, Any]]
    finished: Nanoseconds


class RunRow(Base):
    """Every run of every flow, whether or not a Prefect server was there to see it."""

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(primary_key=True)
    flow: Mapped[str]
    status: Mapped[str]  # running, completed, failed
    overrides: Mapped[list[Any]]
    config_digest: Mapped[str]
    started: Nanoseconds
    finished: Mapped[int | None]
    summary: Mapped[dict[str, Any]]
    published: Mapped[bool]  # a Prefect server has it
    __table_args__ = (Index("ix_runs_flow_started", "flow", "started"),)


class PositionRow(Base):
    """Where everybody was last seen: one row per camera and track of the newest run."""

    __tablename__ = "positions"
    camera: Mapped[str] = mapped_column(primary_key=True)
    track: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[str]  # key of the track run, as in the names of its sighting files
    time: Nanoseconds
    person: Mapped[str]
    role: Mapped[str]
    confidence: Mapped[float]
    x: Mapped[float]
    y: Mapped[float]
    uncertainty: Mapped[float]
    zone: Mapped[str]


class CameraHealth(Base):
    """How each camera did in the newest run that used it."""

    __tablename__ = "camera_health"
    camera: Mapped[str] = mapped_column(primary_key=True)
    run: Mapped[str]
    state: Mapped[str]  # ok, failed
    message: Mapped[str] = mapped_column(String(2048))
    last_frame: Nanoseconds  # 0: none
    frames: Mapped[int]
    rejected: Mapped[int]
    fps: Mapped[float]  # frames per second of fleet time that went down the line
