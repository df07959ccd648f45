"""The tables, in one place: what IT audits and what the dashboard reads."""

from __future__ import annotations

import time
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
    calibration: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # lens and place; None: unknown
    valid_from: Nanoseconds
    valid_until: Mapped[int | None]  # None: still valid


class ZoneRow(Base):
    """The floor plan: named polygons in metres."""

    __tablename__ = "zones"
    site: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    polygon: Mapped[list[Any]]  # [[x, y], ...] metres
    departments: Mapped[list[Any]] = mapped_column(default=list)  # whose staff is expected here; []: everybody's


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
    alive: Nanoseconds = mapped_column(default=time.time_ns)  # by the wall's clock: its process was there
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
    site: Mapped[str] = mapped_column(primary_key=True)
    entered: Nanoseconds = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(primary_key=True)
    left: Nanoseconds
    zone: Mapped[str]
    person: Mapped[str]
    role: Mapped[str]
    department: Mapped[str]
    confidence: Mapped[float]
    expected: Mapped[str]  # expected, unexpected, unknown
    open: Mapped[bool]  # the person was still there when this was written
    __table_args__ = (
        Index("ix_presences_site_left", "site", "left", "entered"),
        Index("ix_presences_person_entered", "person", "entered", "site"),
        {"sqlite_with_rowid": False},  # rows lie in order of time
    )


class TransitionRow(Base):
    """One person going from one zone to another."""

    __tablename__ = "transitions"
    site: Mapped[str] = mapped_column(primary_key=True)
    entered: Nanoseconds = mapped_column(primary_key=True)  # the new zone
    identity: Mapped[str] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(primary_key=True)
    left: Nanoseconds  # the old zone
    from_zone: Mapped[str]
    to_zone: Mapped[str]
    person: Mapped[str]
    role: Mapped[str]
    confidence: Mapped[float]
    __table_args__ = ({"sqlite_with_rowid": False},)


class CrossingRow(Base):
    """One person's way over a line on the floor."""

    __tablename__ = "crossings"
    site: Mapped[str] = mapped_column(primary_key=True)
    time: Nanoseconds = mapped_column(primary_key=True)  # at the line
    line: Mapped[str] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(primary_key=True)
    direction: Mapped[str]  # in, out
    person: Mapped[str]
    role: Mapped[str]
    __table_args__ = (
        Index("ix_crossings_site_line", "site", "line", "time", "direction"),
        {"sqlite_with_rowid": False},
    )


class WatchedRow(Base):
    """The minutes in which a site was watched: a zone without a row in `occupancy` was empty then."""

    __tablename__ = "watched"
    site: Mapped[str] = mapped_column(primary_key=True)
    minute: Nanoseconds = mapped_column(primary_key=True)  # its beginning
    run: Mapped[str]
    seconds: Mapped[float]  # of the minute, in which somebody looked
    most: Mapped[int]  # people at once on the whole site


class OccupancyRow(Base):
    """How many people of one role were in one zone in one minute; only where there was somebody."""

    __tablename__ = "occupancy"
    site: Mapped[str] = mapped_column(primary_key=True)
    minute: Nanoseconds = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    person_seconds: Mapped[float]
    unnamed_seconds: Mapped[float]  # of person_seconds, those of people whose name is not known
    most: Mapped[int]  # people of the role at once
    zone_most: Mapped[int]  # people of all roles at once: the same in all rows of the zone and minute
    __table_args__ = ({"sqlite_with_rowid": False},)


class HeatRow(Base):
    """Where the people of one role spent one hour: a grid of person-seconds; role * is everybody."""

    __tablename__ = "heat"
    site: Mapped[str] = mapped_column(primary_key=True)
    hour: Nanoseconds = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(primary_key=True)
    start: Nanoseconds  # the part of the hour that the run watched
    end: Nanoseconds
    cell: Mapped[float]  # metres
    column: Mapped[int]  # of the grid's first cell: it begins at x = column * cell
    row: Mapped[int]
    columns: Mapped[int]
    rows: Mapped[int]
    seconds: Mapped[bytes]  # zlib of (rows, columns) little-endian uint32 in hundredths of a second, row by row


class HeatDay(Base):
    """The sum of the hours of a finished day (UTC)."""

    __tablename__ = "heat_days"
    site: Mapped[str] = mapped_column(primary_key=True)
    day: Nanoseconds = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    cell: Mapped[float]
    column: Mapped[int]
    row: Mapped[int]
    columns: Mapped[int]
    rows: Mapped[int]
    seconds: Mapped[bytes]


class ZoneSums:
    """What happened in one zone in one span of time; zone * is the whole site, role * is everybody."""

    site: Mapped[str] = mapped_column(primary_key=True)
    start: Nanoseconds = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    person_seconds: Mapped[float]
    unnamed_seconds: Mapped[float]
    most: Mapped[int]  # people at once
    entries: Mapped[int]  # stays that began in the span
    exits: Mapped[int]  # stays that ended in it: the dwell times are theirs
    dwell_seconds: Mapped[float]
    dwell_most: Mapped[float]
    dwell: Mapped[bytes]  # histogram of dwell times, as in components/facts/dwell.py


class ZoneHour(ZoneSums, Base):
    """Sums of a finished hour."""

    __tablename__ = "zone_hours"
    __table_args__ = (Index("ix_zone_hours_site_zone", "site", "zone", "role", "start"),)


class ZoneDay(ZoneSums, Base):
    """Sums of a finished day (UTC)."""

    __tablename__ = "zone_days"
    __table_args__ = (Index("ix_zone_days_site_zone", "site", "zone", "role", "start"),)


class FlowDay(Base):
    """How often people of one role went from one zone to another in a finished day (UTC); role * is everybody."""

    __tablename__ = "flow_days"
    site: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    day: Nanoseconds = mapped_column(primary_key=True)
    from_zone: Mapped[str] = mapped_column(primary_key=True)
    to_zone: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int]
    seconds: Mapped[float]  # between the zones, summed over all times
    __table_args__ = ({"sqlite_with_rowid": False},)


class SpanRow(Base):
    """Hours and days in which a site was watched, and whether their sums are there and up to date."""

    __tablename__ = "spans"
    site: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # hour, day
    start: Nanoseconds = mapped_column(primary_key=True)
    offset: Mapped[int]  # seconds that the site's clocks are ahead of UTC when the span begins
    summed: Mapped[bool]


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


class ViewingRow(Base):
    """A look at the picture of a camera: who, from where, when, at what."""

    __tablename__ = "viewings"
    at: Nanoseconds = mapped_column(primary_key=True)  # by the wall's clock
    session: Mapped[str] = mapped_column(primary_key=True)  # of the browser that signed in
    camera: Mapped[str] = mapped_column(primary_key=True)
    moment: Nanoseconds  # fleet time of the picture
    address: Mapped[str]  # of the browser
