"""The database: one engine, one place where sessions begin and errors become sentences."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, NoSuchModuleError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from components.contracts import InputError
from components.database import views
from components.database.schema import Base

Result = TypeVar("Result")


class Database:
    """Structured data behind one SQLAlchemy `url`: an SQLite file, or a managed server.

    The tables are made on first use. Raises InputError where the database cannot be opened or written.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url = make_url(url)
            self._prepare_folder()
            self.engine = _engine(url)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise InputError(
                f"database.url: cannot use {url!r}: {error}; expected a URL such as sqlite:///runs/wardflow.db"
            ) from error
        with self._explained():
            self._create_tables()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed when the block ends, undone when it raises."""
        with self._explained(), Session(self.engine) as session, session.begin():
            yield session

    def apply(self, change: Callable[[Session], Result]) -> Result:
        """What `change` gives, in one transaction; begun again where another process entered the same row first."""
        try:
            with self.session() as session:
                return change(session)
        except InputError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
        with self.session() as session:
            return change(session)

    def close(self) -> None:
        self.engine.dispose()

    def _create_tables(self) -> None:
        """Make the tables that are not there; another process that makes them at the same time may be ahead with each."""
        for _ in Base.metadata.sorted_tables:
            try:
                return self._create()
            except (OperationalError, ProgrammingError, IntegrityError) as error:
                if "exists" not in str(error.orig):
                    raise
                time.sleep(0.01)
        return self._create()

    def _create(self) -> None:
        Base.metadata.create_all(self.engine)
        views.create(self.engine)

    def _prepare_folder(self) -> None:
        file = self._url.database
        if self._url.get_backend_name() == "sqlite" and file and file != ":memory:":
            try:
                Path(file).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(
                    f"database.url: cannot make the folder of {file}: {error.strerror}; set it to a file that you may write"
                ) from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            shown = self._url.render_as_string(hide_password=True)
            raise InputError(f"database {shown}: {error.orig}; check that it is there, writable, and has space") from error
        except DatabaseError as error:
            shown = self._url.render_as_string(hide_password=True)
            raise InputError(
                f"database {shown}: {error.orig}; is it a database of wardflow? set database.url to another"
            ) from error


PATIENCE = {  # libpq's: a server that is gone without a word is given up after some 20 s, not after hours
    "connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 20_000,
}  # fmt: skip


def _engine(url: str) -> Engine:
    libpq = make_url(url).get_driver_name() in ("psycopg", "psycopg2")
    served = make_url(url).get_backend_name() != "sqlite"  # a server that was restarted has forgotten our connections
    engine = create_engine(url, pool_pre_ping=served, connect_args=dict(PATIENCE) if libpq else {})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    return engine


def _configure_sqlite(connection: Any, _: Any) -> None:
    """Readers do not block the writer (WAL); a second writer waits for half a minute instead of failing."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
