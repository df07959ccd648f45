"""The database: one engine, one place where sessions begin and errors become sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from components.contracts import InputError
from components.database import connection, versions
from components.database.connection import Encryption

Result = TypeVar("Result")


class Database:
    """Structured data behind one SQLAlchemy `url`: an SQLite file, or a managed server.

    A server's password is not in the config: `password_variable` names the environment variable that holds it. `encryption`
    of the line to a server: any is what both ends agree on, required, or verified, which also checks that the server is who it
    says, by the certificates in the file `authority` or those of the system. The tables of a new database are made; one with
    other tables than this program needs is refused. Raises InputError where the database cannot be opened or written.
    """

    def __init__(self, url: str, *, password_variable: str = "", encryption: Encryption = "any", authority: str = "") -> None:
        with self._opened(url, password_variable=password_variable, encryption=encryption, authority=authority) as engine:
            versions.ready(engine, self.shown)

    @classmethod
    def unchecked(cls, url: str, *, password_variable: str = "", encryption: Encryption = "any", authority: str = "") -> Database:
        """One whose tables are of any version, or not there: for those who bring them to another."""
        database = cls.__new__(cls)
        with database._opened(url, password_variable=password_variable, encryption=encryption, authority=authority) as engine:
            engine.connect().close()
        return database

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed when the block ends, undone when it raises."""
        with self.explained(), Session(self.engine) as session, session.begin():
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

    @contextmanager
    def explained(self) -> Iterator[None]:
        """What the database says against something, as an InputError with the reason."""
        try:
            yield
        except OperationalError as error:
            raise InputError(f"database {self.shown}: {error.orig}; check that it is there, writable, and has space") from error
        except DataError as error:
            raise InputError(
                f"database {self.shown}: {error.orig}; ids, roles and names of zones have up to 100 characters, other texts 255"
            ) from error
        except DatabaseError as error:
            raise InputError(
                f"database {self.shown}: {error.orig}; is it a database of wardflow? set database.url to another"
            ) from error

    @contextmanager
    def _opened(self, url: str, *, password_variable: str, encryption: Encryption, authority: str) -> Iterator[Engine]:
        parsed = connection.parsed(url, password_variable)
        self.shown = connection.shown(parsed)  # the URL for people to read
        if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
            _make_folder(Path(parsed.database or ""))
        self.engine = connection.engine(parsed, encryption=encryption, authority=authority)
        try:
            with self.explained():
                yield self.engine
        except InputError:
            self.engine.dispose()
            raise


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"database.url: cannot make the folder of {file}: {error.strerror}; set it to a file that you may write"
        ) from error
