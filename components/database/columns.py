"""Types of columns that hold the same in every kind of database. Migrations stand on them: what is here does not change."""

from __future__ import annotations

from typing import Any

from sqlalchemy import LargeBinary, String
from sqlalchemy.dialects.mssql import NVARCHAR
from sqlalchemy.dialects.mysql import LONGBLOB, VARCHAR
from sqlalchemy.types import TypeEngine


def words(length: int) -> TypeEngine[str]:
    """Text of at most `length` characters, of any language, in which `Ann` is not `ann`: MySQL and SQL Server need telling."""
    binary = VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return (
        String(length).with_variant(binary, "mysql", "mariadb").with_variant(NVARCHAR(length, "Latin1_General_100_BIN2"), "mssql")
    )


def content() -> TypeEngine[Any]:
    """Bytes, as many as there are: MySQL's BLOB ends at 64 KiB."""
    return LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb")
