"""Brings the tables of a database to another version, with Alembic, which only this needs."""

from __future__ import annotations

import io
import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, inspect

from components.contracts import InputError
from components.database import versions, views
from components.database.schema import Base

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> tuple[str, str]:
    """Bring the tables to the version of this program, and the views anew; the versions before and after.

    In one transaction where the database can (SQLite, PostgreSQL, SQL Server). Raises InputError where it is newer, or nobody
    has noted its version.
    """
    with versions.alone(engine) as connection:
        before = versions.of(connection)
        if not before or before > versions.known()[-1]:
            raise InputError(versions.refusal(before, engine.url.render_as_string(hide_password=True)))
        views.drop(connection)
        move(connection, "head")
        views.create(connection)
        return before, versions.of(connection)


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


def move(connection: Connection, version: str, *, folder: Path = MIGRATIONS) -> None:
    """Run the migrations of `folder` up to `version`, or down to it, in the transaction of `connection`."""
    config = configuration(folder)
    config.attributes["connection"] = connection
    before = versions.of(connection)
    down = version == "base" or (version != "head" and version < before)
    (command.downgrade if down else command.upgrade)(config, version)


def script(dialect: str) -> str:
    """The SQL that makes all tables in a new database of `dialect`, for those who want to run it themselves."""
    config = configuration(MIGRATIONS)
    config.attributes["dialect"] = dialect
    config.output_buffer = io.StringIO()
    command.upgrade(config, "head", sql=True)
    return config.output_buffer.getvalue()


def configuration(folder: Path) -> Config:
    """What Alembic finds in an alembic.ini elsewhere."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it announces each step
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    return config
