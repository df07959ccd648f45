"""What all tables have in common: how their columns and keys are made."""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, Double, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped

from components.database.columns import content, words

__all__ = ["Base", "Name", "Nanoseconds", "words"]

Nanoseconds = Mapped[int]  # fleet time: UTC, since 1970
Name = Annotated[str, "key"]  # text that stands in a key or an index: short enough for four of them in every database

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    """All tables. Times are fleet time in nanoseconds; digests are 64 hex digits of sha256."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it
        int: BigInteger,
        float: Double,  # MySQL's FLOAT has seven digits
        str: words(255),
        Name: words(100),
        bytes: content(),
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }
