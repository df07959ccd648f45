"""What happened on a site."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds


class PresenceRow(Base):
    """One person's stay in one zone. Facts of a site and period come from the run that wrote them last."""

    __tablename__ = "presences"
    site: Mapped[Name] = mapped_column(primary_key=True)
    entered: Nanoseconds = mapped_column(primary_key=True)
    identity: Mapped[Name] = mapped_column(primary_key=True)
    run: Mapped[Name] = mapped_column(primary_key=True)
    left: Nanoseconds
    zone: Mapped[Name]
    person: Mapped[Name]
    role: Mapped[Name]
    department: Mapped[Name]
    confidence: Mapped[float]
    expected: Mapped[Name]  # expected, unexpected, unknown
    open: Mapped[bool]  # the person was still there when this was written
    __table_args__ = (
        Index("ix_presences_site_left", "site", "left", "entered"),
        Index("ix_presences_person_entered", "person", "entered", "site"),
        {"sqlite_with_rowid": False},  # rows lie in order of time
    )


class TransitionRow(Base):
    """One person going from one zone to another."""

    __tablename__ = "transitions"
    site: Mapped[Name] = mapped_column(primary_key=True)
    entered: Nanoseconds = mapped_column(primary_key=True)  # the new zone
    identity: Mapped[Name] = mapped_column(primary_key=True)
    run: Mapped[Name] = mapped_column(primary_key=True)
    left: Nanoseconds  # the old zone
    from_zone: Mapped[Name]
    to_zone: Mapped[Name]
    person: Mapped[Name]
    role: Mapped[Name]
    confidence: Mapped[float]
    __table_args__ = ({"sqlite_with_rowid": False},)


class CrossingRow(Base):
    """One person's way over a line on the floor."""

    __tablename__ = "crossings"
    site: Mapped[Name] = mapped_column(primary_key=True)
    time: Nanoseconds = mapped_column(primary_key=True)  # at the line
    line: Mapped[Name] = mapped_column(primary_key=True)
    identity: Mapped[Name] = mapped_column(primary_key=True)
    run: Mapped[Name] = mapped_column(primary_key=True)
    direction: Mapped[Name]  # in, out
    person: Mapped[Name]
    role: Mapped[Name]
    __table_args__ = (
        Index("ix_crossings_site_line", "site", "line", "time", "direction"),
        {"sqlite_with_rowid": False},
    )


class WatchedRow(Base):
    """The minutes in which a site was watched: a zone without a row in `occupancy` was empty then."""

    __tablename__ = "watched"
    site: Mapped[Name] = mapped_column(primary_key=True)
    minute: Nanoseconds = mapped_column(primary_key=True)  # its beginning
    run: Mapped[Name]
    seconds: Mapped[float]  # of the minute, in which somebody looked
    most: Mapped[int]  # people at once on the whole site


class OccupancyRow(Base):
    """How many people of one role were in one zone in one minute; only where there was somebody."""

    __tablename__ = "occupancy"
    site: Mapped[Name] = mapped_column(primary_key=True)
    minute: Nanoseconds = mapped_column(primary_key=True)
    zone: Mapped[Name] = mapped_column(primary_key=True)
    role: Mapped[Name] = mapped_column(primary_key=True)
    person_seconds: Mapped[float]
    unnamed_seconds: Mapped[float]  # of person_seconds, those of people whose name is not known
    most: Mapped[int]  # people of the role at once
    zone_most: Mapped[int]  # people of all roles at once: the same in all rows of the zone and minute
    __table_args__ = ({"sqlite_with_rowid": False},)


class HeatRow(Base):
    """Where the people of one role spent one hour: a grid of person-seconds; role * is everybody."""

    __tablename__ = "heat"
    site: Mapped[Name] = mapped_column(primary_key=True)
    hour: Nanoseconds = mapped_column(primary_key=True)
    role: Mapped[Name] = mapped_column(primary_key=True)
    run: Mapped[Name] = mapped_column(primary_key=True)
    start: Nanoseconds  # the part of the hour that the run watched
    end: Nanoseconds
    cell: Mapped[float]  # metres
    column: Mapped[int]  # of the grid's first cell: it begins at x = column * cell
    row: Mapped[int]
    columns: Mapped[int]
    rows: Mapped[int]
    seconds: Mapped[bytes]  # zlib of (rows, columns) little-endian uint32 in hundredths of a second, row by row
