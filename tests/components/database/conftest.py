"""A database of each kind: an SQLite file, and real servers that the tests start themselves."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.database.database import Database
from components.database.schema import Base
from tests.components.database import servers
from tests.components.database.servers import Server

KINDS = [
    "sqlite",
    pytest.param("postgres", marks=pytest.mark.service),
    pytest.param("mariadb", marks=pytest.mark.service),
]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with servers.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    with servers.mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_tables(postgres: Server) -> Iterator[Database]:
    database = Database(postgres.empty("made"))
    yield database
    database.close()


@pytest.fixture(scope="session")
def mariadb_tables(mariadb: Server) -> Iterator[Database]:
    database = Database(mariadb.empty("made"))
    yield database
    database.close()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with nothing in its tables, if it has any yet."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path}/ward.db"
        return
    made: Database = request.getfixturevalue(f"{kind}_tables")
    yield made.engine.url.render_as_string(hide_password=False)
    with made.engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            connection.execute(table.delete())


@pytest.fixture
def nowhere(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any tables."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/new.db"
    return str(request.getfixturevalue(kind).empty(f"new_{next(_numbers)}"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()
