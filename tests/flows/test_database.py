"""The tables of the database, as somebody in IT sees them."""

from __future__ import annotations

import json
import sqlite3

import pytest

from components.contracts import InputError
from components.database.database import Database
from flows import _launch, database


@pytest.fixture
def file(runs):
    Database(f"sqlite:///{runs}/wardflow.db").close()
    return runs / "wardflow.db"


def version(file, value: str) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE wardflow_version SET version_num = ?", (value,))


def test_what_there_is_is_shown_whatever_it_is(file):
    summary = database.database([])
    assert (summary.status, summary.figures["version"], summary.next) == ("unchanged", summary.figures["newest"], "")
    version(file, "0000")
    assert database.database([]).next == "python -m flows.database do=upgrade"
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE wardflow_version")
    assert database.database(["database=sqlite"]).next == "python -m flows.database do=adopt database=sqlite"
    assert database.database([f"database.url=sqlite:///{file}.new"]).note.startswith("no tables yet")


def test_an_adopted_database_works_and_says_that_it_was(file, command):
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE wardflow_version")
        connection.execute("DROP VIEW dim_role")
        connection.execute("DROP TABLE viewings")
    refused = command("lake")
    assert refused.returncode == 2 and "python -m flows.database do=adopt" in refused.stderr
    done = command("database", "do=adopt")
    assert done.returncode == 0, done.stderr
    (row,) = sqlite3.connect(file).execute("SELECT flow, status, summary FROM runs").fetchall()
    assert row[:2] == ("database", "completed") and json.loads(row[2])["tables_added"] == 1
    assert command("lake").returncode == 0


def test_the_sql_for_another_kind_of_database(runs):
    summary = database.database(["do=sql"])
    assert (runs / "tables.sql").read_text().count("CREATE VIEW") == 10 and summary.status == "completed"


@pytest.mark.parametrize(
    "url", ["postgresql://ward:geheim@db/ward", "mssql://db/ward?pwd=geheim", "mysql+pymysql://ward:ge:h/eim@db/ward"]
)
def test_a_password_in_a_config_is_refused_before_anything_is_written(runs, url, command):
    with pytest.raises(InputError, match="DATABASE_PASSWORD") as caught:
        _launch.compose("lake", [f"database.url='{url}'"])
    assert "eim" not in str(caught.value)


@pytest.mark.parametrize("words", [[], ["-m"]])
def test_a_password_stands_in_no_file(runs, command, words):
    said = command("lake", *words, "database.url='postgresql://ward:geheim@127.0.0.1:1/ward'")
    assert said.returncode == 2 and "geheim" not in said.stdout + said.stderr
    meant = command(
        "lake", *words, "database=postgres", DATABASE_URL="postgresql://ward@127.0.0.1:1/ward", DATABASE_PASSWORD="geheim"
    )
    assert meant.returncode != 0 and "127.0.0.1:1/ward" in meant.stderr and "geheim" not in meant.stdout + meant.stderr
    assert not [path for path in runs.rglob("*") if path.is_file() and b"geheim" in path.read_bytes()]
    unset = command("lake", "database=postgres", DATABASE_URL="postgresql://ward@127.0.0.1:1/ward")
    assert unset.returncode == 2 and "DATABASE_PASSWORD is not set" in unset.stderr
