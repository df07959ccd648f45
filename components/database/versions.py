"""Which version the tables of a database have, and which one this program needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine, Inspector, column, insert, inspect, select, text
from sqlalchemy import table as named
from sqlalchemy.exc import OperationalError, ProgrammingError

from components.contracts import InputError
from components.database import views
from components.database.schema import Base

TABLE = "wardflow_version"  # Alembic's, under a name of our own: Prefect and MLflow may lie in the same database
FOLDER = Path(__file__).parent / "migrations" / "versions"
VERSION = named(TABLE, column("version_num"))
UPGRADE = "python -m flows.database do=upgrade"
LOCK = 0x77617264  # any number that nobody else takes
PATIENCE = 120  # s that another process gets for making or upgrading the tables


@cache
def known() -> tuple[str, ...]:
    """The versions that this program knows, oldest first."""
    return tuple(sorted(path.name[:4] for path in FOLDER.glob("[0-9]*.py")))


def of(connection: Connection) -> str:
    """The version of the tables; empty where nobody has noted one."""
    return connection.scalar(select(VERSION.c.version_num)) or "" if inspect(connection).has_table(TABLE) else ""


@dataclass(frozen=True, slots=True)
class State:
    """What there is in a database."""

    version: str  # empty where nobody has noted one
    tables: frozenset[str]  # ours

    @property
    def kind(self) -> Literal["new", "unversioned", "older", "current", "newer"]:
        newest = known()[-1]
        if not self.version:
            return "unversioned" if self.tables else "new"
        return "current" if self.version == newest else "newer" if self.version > newest else "older"


def state(engine: Engine) -> State:
    with engine.connect() as connection:
        return State(of(connection), frozenset(ours(inspect(connection))))


def ready(engine: Engine, shown: str) -> None:
    """Make the tables of a new database; leave one of this version as it is.

    Raises InputError for one that is older, newer, or of before there were versions. `shown` is its URL without a password.
    """
    version = _glance(engine) or _made(engine)
    if version != known()[-1]:
        raise InputError(refusal(version, shown))


def _glance(engine: Engine) -> str:
    """As `of`, in one query: this is what every start of every process waits for."""
    with engine.connect() as connection:
        try:
            return connection.scalar(select(VERSION.c.version_num)) or ""
        except (OperationalError, ProgrammingError):  # no such table; anything else is said again
            connection.rollback()
            return of(connection)


def _made(engine: Engine) -> str:
    """The version after somebody, we or another process, has made the tables; empty where there are some without version."""
    with alone(engine) as connection:
        if version := of(connection):
            return version
        if ours(inspect(connection)):
            return ""
        create(connection)
        return known()[-1]


def create(connection: Connection) -> None:
    """Make what is not there of tables and views, and note the newest version.

    That is what all migrations together would make (tests compare the two), without the time that importing Alembic takes.
    """
    Base.metadata.create_all(connection)
    views.create(connection)
    stamp(connection)


def stamp(connection: Connection) -> None:
    """Note the newest version in a database that has none."""
    connection.execute(
        text(f"CREATE TABLE {TABLE} (version_num VARCHAR(32) NOT NULL, CONSTRAINT {TABLE}_pkc PRIMARY KEY (version_num))")
    )
    connection.execute(insert(VERSION).values(version_num=known()[-1]))


def ours(inspector: Inspector) -> set[str]:
    """The tables in the database that have the name of one of ours."""
    return set(inspector.get_table_names()) & set(Base.metadata.tables)


def refusal(version: str, shown: str) -> str:
    newest = known()[-1]
    if not version:
        return (
            f"database {shown} was made before its tables had versions; python -m flows.database do=adopt takes it over if it "
            "has all columns, otherwise set database.url to a new one: footage and datasets in the store stay usable"
        )
    if version > newest:
        return (
            f"database {shown} has tables of version {version}, and this wardflow knows up to {newest}: a newer one has upgraded "
            "it; install that one here too, or set database.url to another"
        )
    return f"database {shown} has tables of version {version}, this wardflow needs {newest}; make a backup, then run {UPGRADE}"


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """A transaction that is committed when the block ends; no two processes are in such a block of one database at once."""
    with engine.connect() as connection:
        match engine.dialect.name:
            case "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            case "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            case "mysql" | "mariadb":
                _granted(connection.scalar(text(f"SELECT GET_LOCK('{TABLE}', {PATIENCE})")) == 1)
            case "mssql":
                lock = f"EXEC @granted = sp_getapplock '{TABLE}', 'Exclusive', 'Transaction', {PATIENCE * 1000}"
                said = connection.scalar(text(f"SET NOCOUNT ON; DECLARE @granted int; {lock}; SELECT @granted"))
                _granted((said or 0) >= 0)
        try:
            yield connection
            connection.commit()
        finally:
            if engine.dialect.name in ("mysql", "mariadb"):  # belongs to the connection, which goes back to the pool
                connection.rollback()
                connection.execute(text(f"SELECT RELEASE_LOCK('{TABLE}')"))


def _granted(yes: bool) -> None:
    if not yes:
        raise InputError(
            f"another process has been making or upgrading the tables for {PATIENCE} s; see what it does, then try again"
        )
