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


class LatestSighting(Base):
    """Where each camera last saw each of its tracks: what the identities of the site are made of while a run is live."""

    __tablename__ = "latest_sightings"
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
    box: Mapped[list[Any]]  # x1, y1, x2, y2 in native pixels
    reason: Mapped[str] = mapped_column(String(1024))
    feature: Mapped[bytes]  # float16, little-endian; empty where nobody looked at the appearance
    __table_args__ = (Index("ix_latest_sightings_run_time", "run", "time"),)


class PositionRow(Base):
    """Where everybody is: one row per identity of the newest run of a site."""

    __tablename__ = "positions"
    run: Mapped[str] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(primary_key=True)
    site: Mapped[str]
    time: Nanoseconds
    person: Mapped[str]
    role: Mapped[str]
    confidence: Mapped[float]
    x: Mapped[float]
    y: Mapped[float]
    uncertainty: Mapped[float]
    zone: Mapped[str]
    cameras: Mapped[list[Any]]  # that see the person
    reason: Mapped[str] = mapped_column(String(1024))
    __table_args__ = (Index("ix_positions_run_time", "run", "time"),)


class PresenceRow(Base):
    """One person's stay in one zone. Facts of a site and period come from the run that wrote them last."""

    __tablename__ = "presences"
    run: Mapped[str] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(primary_key=True)
    entered: Nanoseconds = mapped_column(primary_key=True)
    left: Nanoseconds
    site: Mapped[str]
    zone: Mapped[str]
    person: Mapped[str]
    role: Mapped[str]
    department: Mapped[str]
    confidence: Mapped[float]
    expected: Mapped[str]  # expected, unexpected, unknown
    __table_args__ = (
        Index("ix_presences_site_entered", "site", "entered"),
        Index("ix_presences_person_entered", "person", "entered"),
    )


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
    dropped: Mapped[int]  # frames that a live camera delivered and nobody had time for
    fps: Mapped[float]  # frames per second of fleet time that went down the line
