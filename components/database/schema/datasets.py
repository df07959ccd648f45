"""What lies in the store: raw footage, and datasets that were made of it."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds, words


class SegmentRow(Base):
    """Raw footage in the store."""

    __tablename__ = "segments"
    camera: Mapped[Name] = mapped_column(primary_key=True)
    sha256: Mapped[Name] = mapped_column(primary_key=True)
    start: Nanoseconds = mapped_column(primary_key=True)
    camera_version: Mapped[Name]
    end: Nanoseconds
    frames: Mapped[int]
    bytes: Mapped[int]
    codec: Mapped[str]
    path: Mapped[str] = mapped_column(words(1024))
    received: Mapped[int | None] = mapped_column(default=None)  # when its first packet came, UTC by the machine that recorded it
    monotonic: Mapped[int | None] = mapped_column(default=None)  # the same on that machine's monotonic clock
    source: Mapped[int | None] = mapped_column(default=None)  # when the camera says that it was taken, UTC
    media: Mapped[int | None] = mapped_column(default=None)  # the stream's own time then
    clock_correction: Mapped[int] = mapped_column(default=0)  # ns that were added to the camera's clock to get `start`
    deleted: Mapped[int | None] = mapped_column(default=None)  # when retention took the file, on the wall's clock
    deleted_by: Mapped[Name] = mapped_column(default="")  # the rule
    __table_args__ = (Index("ix_segments_camera_start", "camera", "start"),)


class GapRow(Base):
    """A time in which a camera at work gave no footage."""

    __tablename__ = "gaps"
    camera: Mapped[Name] = mapped_column(primary_key=True)
    start: Nanoseconds = mapped_column(primary_key=True)  # the end of the footage before it, fleet time
    end: Nanoseconds  # the beginning of the footage after it
    reason: Mapped[str] = mapped_column(words(1024))


class DatasetRow(Base):
    """Datasets that exist whole in the store, newest last."""

    __tablename__ = "datasets"
    digest: Mapped[Name] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(words(1024))
    kept: Mapped[int]
    rejected: Mapped[int]
    chain_digest: Mapped[Name]
    created: Nanoseconds
    deleted: Mapped[int | None] = mapped_column(default=None)  # as of segments
    deleted_by: Mapped[Name] = mapped_column(default="")
