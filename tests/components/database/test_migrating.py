from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, insert, inspect, text

from components.contracts import InputError
from components.database import migrating, versions, views
from components.database.database import Database
from components.database.runs import Runs
from components.database.schema import Base, StepRow

SECOND = '''"""A column more."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None


def upgrade() -> None:
    with op.batch_alter_table("steps") as table:
        table.add_column(sa.Column("cost", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("steps") as table:
        table.drop_column("cost")
'''


def migrated(url: str) -> Database:
    """A database whose tables were made by the migrations, not by `create`."""
    database = Database.unchecked(url)
    with versions.alone(database.engine) as connection:
        migrating.move(connection, "head")
        views.create(connection)
    return database


def shape(connection: Connection) -> dict[str, object]:
    """Everything that the database knows of its tables and views."""
    found = inspect(connection)
    tables = {
        name: (
            [{**column, "type": str(column["type"])} for column in found.get_columns(name)],
            found.get_pk_constraint(name),
            sorted(found.get_indexes(name), key=lambda index: str(index["name"])),
            sorted(found.get_check_constraints(name), key=lambda check: str(check["name"])),
        )
        for name in found.get_table_names()
    }
    return {**tables, "views": sorted(found.get_view_names())}


def test_the_migrations_make_the_tables_of_the_schema(nowhere: str) -> None:
    database = migrated(nowhere)
    with database.engine.connect() as connection:
        settings = {
            "compare_type": database.engine.dialect.name != "mysql",
            "version_table": versions.TABLE,
        }  # MariaDB calls JSON text
        assert compare_metadata(MigrationContext.configure(connection, opts=settings), Base.metadata) == []
        assert versions.of(connection) == versions.known()[-1]
    database.close()
    Database(nowhere).close()


def test_a_new_database_is_what_the_migrations_make(nowhere: str, url: str) -> None:
    one, other = migrated(nowhere), Database(url)
    with one.engine.connect() as here, other.engine.connect() as there:
        assert shape(here) == shape(there)
    for database in (one, other):
        database.close()


def test_sqlite_writes_down_the_same_statements(tmp_path: Path) -> None:
    one, other = migrated(f"sqlite:///{tmp_path}/one.db"), Database(f"sqlite:///{tmp_path}/other.db")
    query, found = text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> :own ORDER BY name"), []
    for database in (one, other):
        with database.engine.connect() as connection:
            rows = connection.execute(query, {"own": versions.TABLE}).all()
            found.append([(name, " ".join(sql.split()).replace("( ", "(")) for name, sql in rows])
        database.close()
    assert found[0] == found[1]


def test_versions_stand_in_one_line() -> None:
    script = ScriptDirectory.from_config(migrating.configuration())
    assert tuple(reversed([revision.revision for revision in script.walk_revisions()])) == versions.known()


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that knows a migration more."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrating.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "0002_cost.py").write_text(SECOND)
    monkeypatch.setattr(migrating, "MIGRATIONS", folder)
    monkeypatch.setattr(versions, "known", lambda: ("0001", "0002"))


def made_before(url: str) -> Database:
    """A database of the first version with a step in it."""
    database = Database.unchecked(url)
    with versions.alone(database.engine) as connection:
        migrating.move(connection, "0001")
        connection.execute(insert(StepRow).values(key="k", flow="prepare", name="n", result={}, finished=1))
    return database


def steps(database: Database) -> tuple[list[tuple], bool]:
    """What was there, and whether the column of the next version is."""
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT flow, name, finished FROM steps")).all()
        return [tuple(row) for row in rows], "cost" in {column["name"] for column in inspect(connection).get_columns("steps")}


@pytest.mark.usefixtures("next_version")
def test_there_and_back_keeps_what_is_in_the_tables(nowhere: str) -> None:
    database = made_before(nowhere)
    for version, more in (("head", True), ("0001", False), ("head", True)):
        with versions.alone(database.engine) as connection:
            migrating.move(connection, version)
        assert steps(database) == ([("prepare", "n", 1)], more)
    database.close()


@pytest.mark.usefixtures("next_version")
def test_older_tables_wait_for_somebody_who_asks(nowhere: str) -> None:
    before = made_before(nowhere)
    with pytest.raises(InputError, match=r"version 0001, this wardflow needs 0002.* python -m flows.database do=upgrade"):
        Database(nowhere)
    assert versions.state(before.engine).kind == "older" and steps(before)[1] is False
    done = migrating.upgrade(before.engine)
    assert (done.before, done.after) == ("0001", "0002") and steps(before) == ([("prepare", "n", 1)], True)
    assert bool(done.backup) == nowhere.startswith("sqlite")
    if done.backup:
        copy = Database.unchecked(f"sqlite:///{done.backup}")
        assert steps(copy) == ([("prepare", "n", 1)], False)
        copy.close()
    before.close()
    Database(nowhere).close()


@pytest.mark.usefixtures("next_version")
def test_tables_that_somebody_writes_to_are_not_upgraded(nowhere: str) -> None:
    before = made_before(nowhere)
    Runs(before).begin("r", "track", [], "d", published=False)
    with pytest.raises(InputError, match="a run of track is at work"):
        migrating.upgrade(before.engine)
    Runs(before).end("r", "completed", {})
    assert migrating.upgrade(before.engine).after == "0002"
    before.close()


def test_newer_tables_are_refused(database: Database, url: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE {versions.TABLE} SET version_num = '0987'"))
    for action in (lambda: Database(url), lambda: migrating.upgrade(database.engine)):
        with pytest.raises(InputError, match=r"tables of version 0987, and this wardflow knows up to 0001: a newer one"):
            action()
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE {versions.TABLE} SET version_num = '0001'"))


def test_down_to_nothing_and_up_again(nowhere: str) -> None:
    database = migrated(nowhere)
    with versions.alone(database.engine) as connection:
        views.drop(connection)
        migrating.move(connection, "base")
        assert versions.ours(inspect(connection)) == set()
        migrating.move(connection, "head")
    database.close()
    Database(nowhere).close()


def test_what_is_up_to_date_is_left_as_it_is(database: Database) -> None:
    newest = versions.known()[-1]
    assert migrating.upgrade(database.engine) == migrating.Upgraded(newest, newest, "")
    with pytest.raises(InputError, match="nothing to adopt"):
        migrating.adopt(database.engine)


def test_tables_from_before_there_were_versions_are_taken_over(nowhere: str) -> None:
    before = Database.unchecked(nowhere)
    with before.engine.begin() as connection:
        Base.metadata.tables["steps"].create(connection)
        views_of_then = text("CREATE VIEW dim_camera AS SELECT 1 AS one")
        connection.execute(views_of_then)
    with pytest.raises(InputError, match=r"before its tables had versions; python -m flows.database do=adopt"):
        Database(nowhere)
    assert migrating.adopt(before.engine) == sorted(set(Base.metadata.tables) - {"steps"})
    before.close()
    Database(nowhere).close()


def test_tables_with_other_columns_are_not_taken_over(tmp_path: Path) -> None:
    before = Database.unchecked(f"sqlite:///{tmp_path}/ward.db")
    with before.engine.begin() as connection:
        connection.execute(text("CREATE TABLE steps (key VARCHAR PRIMARY KEY, colour VARCHAR)"))
    with pytest.raises(InputError, match=r"table steps is of an older kind .*colour"):
        migrating.adopt(before.engine)
    before.close()


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql", "mssql"])
def test_the_sql_for_those_who_run_it_themselves(dialect: str) -> None:
    sql = migrating.script(dialect)
    assert all(f"CREATE TABLE {name} " in sql for name in Base.metadata.tables)
    assert f"INSERT INTO {versions.TABLE} (version_num)" in sql and f"VALUES ('{versions.known()[-1]}')" in sql


def test_the_sql_makes_a_database(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/ward.db")
    with engine.begin() as connection:
        for statement in migrating.script("sqlite").split(";"):
            if words := statement.replace("BEGIN", "").replace("COMMIT", "").strip():
                connection.exec_driver_sql(words)
    engine.dispose()
    Database(f"sqlite:///{tmp_path}/ward.db").close()
