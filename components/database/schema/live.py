"""What is true now, and is replaced all the time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds, words


class LatestSighting(Base):
    """Where each camera last saw each of its tracks: what the identities of the site are made of while a run is live."""

    __tablename__ = "latest_sightings"
    camera: Mapped[Name] = mapped_column(primary_key=True)
    track: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[Name]  # key of the track run, as in the names of its sighting files
    time: Nanoseconds
    person: Mapped[Name]
    role: Mapped[Name]
    confidence: Mapped[float]
    x: Mapped[float]
    y: Mapped[float]
    uncertainty: Mapped[float]
    zone: Mapped[Name]
    box: Mapped[list[Any]]  # x1, y1, x2, y2 in native pixels
    reason: Mapped[str] = mapped_column(words(1024))
    feature: Mapped[bytes]  # float16, little-endian; empty where nobody looked at the appearance
    __table_args__ = (Index("ix_latest_sightings_run_time", "run", "time"),)


class PositionRow(Base):
    """Where everybody is: one row per identity of the newest run of a site."""

    __tablename__ = "positions"
    run: Mapped[Name] = mapped_column(primary_key=True)
    identity: Mapped[Name] = mapped_column(primary_key=True)
    site: Mapped[Name]
    time: Nanoseconds
    person: Mapped[Name]
    role: Mapped[Name]
    confidence: Mapped[float]
    x: Mapped[float]
    y: Mapped[float]
    uncertainty: Mapped[float]
    zone: Mapped[Name]
    cameras: Mapped[list[Any]]  # that see the person
    reason: Mapped[str] = mapped_column(words(1024))
    __table_args__ = (Index("ix_positions_run_time", "run", "time"),)


class CameraClock(Base):
    """How far each camera's clock is from fleet time, in each way in which that is known."""

    __tablename__ = "camera_clocks"
    camera: Mapped[Name] = mapped_column(primary_key=True)
    way: Mapped[Name] = mapped_column(primary_key=True)  # stream, device: its own clock; people, flash, shown: its footage
    run: Mapped[Name]
    state: Mapped[Name]  # right, fault, quarantined, silent
    says: Mapped[str] = mapped_column(words(1024))
    offset: Mapped[int | None]  # ns that it is ahead; None: it says no time
    drift: Mapped[float | None]  # s per s that it gains
    uncertainty: Mapped[int | None]  # ns, one standard deviation of the offset
    since: Mapped[int | None]  # fleet time of the beginning or of the newest step, ns
    step: Mapped[int | None]  # ns, the newest, positive: ahead; None: it has not stepped since it was looked at
    measured: Nanoseconds  # by the wall's clock


class OwnClockRow(Base):
    """How the clock of a machine that records does, as each of its processes sees it."""

    __tablename__ = "own_clocks"
    machine: Mapped[Name] = mapped_column(primary_key=True)
    process: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[Name]
    state: Mapped[Name]  # right, fault, unsynchronised, unknown
    says: Mapped[str] = mapped_column(words(1024))
    synchronised: Mapped[bool | None]  # by NTP, as its kernel says; None: it does not tell
    most: Mapped[int | None]  # ns that it is wrong at most, as its kernel says
    behind: Mapped[int]  # ns that recorded times are behind it
    steps: Mapped[int]  # that it made since the process began
    step: Mapped[int]  # ns, the newest, positive: ahead
    stepped: Nanoseconds  # when; 0: never
    measured: Nanoseconds


class CameraHealth(Base):
    """How each camera did in the newest run that used it."""

    __tablename__ = "camera_health"
    camera: Mapped[Name] = mapped_column(primary_key=True)
    run: Mapped[Name]
    state: Mapped[Name]  # ok, failed
    message: Mapped[str] = mapped_column(words(2048))
    last_frame: Nanoseconds  # 0: none
    frames: Mapped[int]
    rejected: Mapped[int]
    dropped: Mapped[int]  # frames that a live camera delivered and nobody had time for
    fps: Mapped[float]  # frames per second of fleet time that went down the line; of a live camera, of the last few seconds
    expected: Mapped[float] = mapped_column(default=0.0)  # frames per second as a live camera declares them; 0: it does not
    reported: Nanoseconds = mapped_column(default=0)  # when a live run last said so, by its machine's clock; 0: no live run


class SpoolRow(Base):
    """What waited on its way to the store when somebody last said so, for each group of cameras."""

    __tablename__ = "spools"
    place: Mapped[Name] = mapped_column(primary_key=True)  # digest of machine and folder
    machine: Mapped[str]
    folder: Mapped[str] = mapped_column(words(1024))
    run: Mapped[Name]
    files: Mapped[int]
    bytes: Mapped[int]
    since: Mapped[int | None]  # when the oldest of them came, by that machine's clock, ns; None: nothing waits
    lost: Mapped[int]  # files that had to go, in this run
    problem: Mapped[str] = mapped_column(words(2048))  # why nothing arrives; empty where it does
    measured: Nanoseconds
