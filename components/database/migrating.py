"""Brings the tables of a database to another version, with Alembic, which only this needs."""

from __future__ import annotations

import io
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, inspect, text

from components.contracts import InputError
from components.database import connection as connection_of
from components.database import versions, views
from components.database.schema import Base

MIGRATIONS = Path(__file__).parent / "migrations"
LATELY = 60_000_000_000  # ns after which a run that has said nothing is gone


@dataclass(frozen=True, slots=True)
class Upgraded:
    """Versions before and after, and where an SQLite file was copied to before."""

    before: str
    after: str
    backup: str


def upgrade(engine: Engine) -> Upgraded:
    """Bring the tables to the version of this program, and the views anew.

    In one transaction where the database can (SQLite, PostgreSQL, SQL Server). A new database gets its tables. Raises
    InputError where it is newer, nobody has noted its version, or a run is at work, which would go on writing as before.
    """
    shown, found = connection_of.shown(engine.url), versions.state(engine)
    if found.kind in ("newer", "unversioned"):
        raise InputError(versions.refusal(found.version, shown))
    backup = ""
    if found.kind == "older":
        _nobody_at_work(engine)
        backup = _copied(engine)
    with versions.alone(engine) as connection:
        views.drop(connection)
        move(connection, "head")
        views.create(connection)
        return Upgraded(found.version, versions.of(connection), backup)


def _nobody_at_work(engine: Engine) -> None:
    query = text("SELECT flow FROM runs WHERE status = 'running' AND alive >= :lately")
    with engine.connect() as connection:
        if flows := connection.scalars(query, {"lately": time.time_ns() - LATELY}).all():
            raise InputError(
                f"a run of {', '.join(sorted(set(flows)))} is at work in this database; stop it, wait a minute, try again"
            )


def _copied(engine: Engine) -> str:
    """The copy of an SQLite file; of a server IT makes one."""
    if engine.dialect.name != "sqlite" or engine.url.database in (None, "", ":memory:"):
        return ""
    copy = f"{engine.url.database}.before-{versions.known()[-1]}-{time.time_ns() // 10**9}"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (copy,))
    return copy


def adopt(engine: Engine) -> list[str]:
    """Note the version of a database that was made before there were versions; the tables that had to be added.

    Raises InputError where a table lacks columns or has others.
    """
    with versions.alone(engine) as connection:
        inspector = inspect(connection)
        there = versions.ours(inspector)
        if versions.of(connection):
            raise InputError(f"the tables have version {versions.of(connection)} already; there is nothing to adopt")
        for name in sorted(there):
            has = {column["name"] for column in inspector.get_columns(name)}
            if has != (needs := set(Base.metadata.tables[name].columns.keys())):
                odd = ", ".join(sorted(has ^ needs))
                raise InputError(f"table {name} is of an older kind (columns {odd}); set database.url to a new database")
        views.drop(connection)
        versions.create(connection)
        return sorted(set(Base.metadata.tables) - there)


def move(connection: Connection, version: str) -> None:
    """Run the migrations up to `version`, or down to it, in the transaction of `connection`."""
    config = configuration()
    config.attributes["connection"] = connection
    before = versions.of(connection)
    down = version == "base" or (version != "head" and version < before)
    (command.downgrade if down else command.upgrade)(config, version)


def script(dialect: str) -> str:
    """The SQL that makes all tables in a new database of `dialect`, for those who want to run it themselves."""
    config = configuration()
    config.attributes["dialect"] = dialect
    config.output_buffer = io.StringIO()
    command.upgrade(config, "head", sql=True)
    return config.output_buffer.getvalue() + "".join(f"\n{statement};\n" for statement in views.statements(dialect))


def configuration() -> Config:
    """What Alembic finds in an alembic.ini elsewhere."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it announces each step
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    return config
