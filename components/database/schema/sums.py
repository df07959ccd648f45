"""Facts of finished hours and days, summed."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds


class HeatDay(Base):
    """The sum of the hours of a finished day (UTC)."""

    __tablename__ = "heat_days"
    site: Mapped[Name] = mapped_column(primary_key=True)
    day: Nanoseconds = mapped_column(primary_key=True)
    role: Mapped[Name] = mapped_column(primary_key=True)
    cell: Mapped[float]
    column: Mapped[int]
    row: Mapped[int]
    columns: Mapped[int]
    rows: Mapped[int]
    seconds: Mapped[bytes]


class ZoneSums:
    """What happened in one zone in one span of time; zone * is the whole site, role * is everybody."""

    site: Mapped[Name] = mapped_column(primary_key=True)
    start: Nanoseconds = mapped_column(primary_key=True)
    zone: Mapped[Name] = mapped_column(primary_key=True)
    role: Mapped[Name] = mapped_column(primary_key=True)
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
    site: Mapped[Name] = mapped_column(primary_key=True)
    role: Mapped[Name] = mapped_column(primary_key=True)
    day: Nanoseconds = mapped_column(primary_key=True)
    from_zone: Mapped[Name] = mapped_column(primary_key=True)
    to_zone: Mapped[Name] = mapped_column(primary_key=True)
    times: Mapped[int]
    seconds: Mapped[float]  # between the zones, summed over all times
    __table_args__ = ({"sqlite_with_rowid": False},)


class SpanRow(Base):
    """Hours and days in which a site was watched, and whether their sums are there and up to date."""

    __tablename__ = "spans"
    site: Mapped[Name] = mapped_column(primary_key=True)
    kind: Mapped[Name] = mapped_column(primary_key=True)  # hour, day
    start: Nanoseconds = mapped_column(primary_key=True)
    offset: Mapped[int]  # seconds that the site's clocks are ahead of UTC when the span begins
    summed: Mapped[bool]
