"""What all tables have in common: the types of their columns, which hold the same in every kind of database."""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, Double, LargeBinary, MetaData, String
from sqlalchemy.dialects.mssql import NVARCHAR
from sqlalchemy.dialects.mysql import LONGBLOB, VARCHAR
from sqlalchemy.orm import DeclarativeBase, Mapped
from sqlalchemy.types import TypeEngine

Nanoseconds = Mapped[int]  # fleet time: UTC, since 1970
Name = Annotated[str, "key"]  # text that stands in a key or an index: short enough for four of them in every database

KEY, TEXT = 100, 255  # characters


def words(length: int) -> TypeEngine[str]:
    """Text of at most `length` characters, of any language, in which `Ann` is not `ann`: MySQL and SQL Server need telling."""
    binary = VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return (
        String(length).with_variant(binary, "mysql", "mariadb").with_variant(NVARCHAR(length, "Latin1_General_100_BIN2"), "mssql")
    )


class Base(DeclarativeBase):
    """All tables. Times are fleet time in nanoseconds; digests are 64 hex digits of sha256."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it
        int: BigInteger,
        float: Double,  # MySQL's FLOAT has seven digits
        str: words(TEXT),
        Name: words(KEY),
        bytes: LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb"),  # its BLOB ends at 64 KiB
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }
