"""Sets of labels, and what the pictures say of cameras that have moved."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from components.database.schema.base import Base, Name, Nanoseconds, words


class LabelSetRow(Base):
    """Sets of labels that are whole in the store. None is ever changed: a correction is a new one with this as its parent."""

    __tablename__ = "label_sets"
    digest: Mapped[Name] = mapped_column(primary_key=True)
    name: Mapped[Name]
    state: Mapped[Name]  # reviewed, or proposed by a detector
    owner: Mapped[str]  # who answers for them
    how: Mapped[str] = mapped_column(words(1024))  # which files or model they are from
    parent: Mapped[Name]  # the set that this one follows; empty for the first
    created: Nanoseconds  # on the wall's clock
    frames: Mapped[int]
    boxes: Mapped[int]
    views: Mapped[list[Any]]  # camera, version, frames, first and last of each
    path: Mapped[str] = mapped_column(words(1024))
    __table_args__ = (Index("ix_label_sets_name", "name", "created"),)


class CameraProposalRow(Base):
    """A camera that has moved, as its pictures say; people accept or refuse it."""

    __tablename__ = "camera_proposals"
    camera: Mapped[Name] = mapped_column(primary_key=True)
    version: Mapped[Name] = mapped_column(primary_key=True)  # that the pictures do not fit any more
    moved: Nanoseconds = mapped_column(primary_key=True)  # the first moment at which it had moved, fleet time
    in_place: Nanoseconds  # the last moment at which it had not
    found: Nanoseconds  # on the wall's clock
    pixels: Mapped[float]  # how far the picture has shifted, median; -1: nothing of the old view is left
    metres: Mapped[float | None]  # the same on the floor; None: the floor mapping does not reach
    confidence: Mapped[float]  # 0..1
    homography: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))  # 3x3, pixel now -> then
    state: Mapped[Name]  # proposed, accepted, refused
    decided: Mapped[int | None]  # on the wall's clock
    decided_by: Mapped[str]
