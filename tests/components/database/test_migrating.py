from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from components.contracts import InputError
from components.database import migrating, versions, views
from components.database.database import Database
from components.database.schema import Base

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
    script = ScriptDirectory.from_config(migrating.configuration(migrating.MIGRATIONS))
    assert tuple(reversed([revision.revision for revision in script.walk_revisions()])) == versions.known()


def test_there_and_back_keeps_what_is_in_the_tables(nowhere: str, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrating.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "0002_cost.py").write_text(SECOND)
    database = Database(nowhere)
    step = "INSERT INTO steps (%s, flow, name, result, finished) VALUES ('k', 'prepare', 'n', '{}', 1)"
    key = "`key`" if database.engine.dialect.name == "mysql" else '"key"'
    with database.engine.begin() as connection:
        connection.exec_driver_sql(step.replace("%s", key))
    for version, columns in (("head", 1), ("0001", 0), ("head", 1)):
        with versions.alone(database.engine) as connection:
            views.drop(connection)
            migrating.move(connection, version, folder=folder)
        with database.engine.connect() as connection:
            assert connection.execute(text("SELECT flow, name, finished FROM steps")).all() == [("prepare", "n", 1)]
            assert [column["name"] for column in inspect(connection).get_columns("steps")].count("cost") == columns
    with pytest.raises(InputError, match=r"tables of version 0002.*knows up to 0001.*newer"):
        Database(nowhere)
    database.close()


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
    assert migrating.upgrade(database.engine) == (versions.known()[-1],) * 2
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
