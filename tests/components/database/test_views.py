from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pymysql
import pytest
from sqlalchemy import inspect, make_url

from components.contracts import Camera
from components.database import views
from components.database.database import Database
from components.database.health import Report, report
from components.database.registry import Registry
from components.storage.lake import schema_of, write_lake
from components.storage.storage import Storage
from tests.components.database.stories import HOUR, MINUTE, NOON, SECOND, ZONES, story, tell

DOC = Path(__file__).resolve().parents[3] / "docs" / "star_schema.md"
KINDS = {"text": "text", "whole number": "whole", "number": "number", "yes or no": "flag", "date": "date"}
KINDS |= {"time, UTC": "moment", "time, local": "local"}


def client(url: str) -> Any:
    """A plain connection, as other people's programs have it."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return sqlite3.connect(parsed.database or "")
        case "mysql":
            login = {"user": parsed.username, "password": parsed.password, "database": parsed.database}
            return pymysql.connect(host=parsed.host, port=parsed.port, **login)
    return psycopg.connect(url.replace("+psycopg", ""))


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = client(url)
    try:
        cursor = connection.cursor()
        cursor.execute(query)
        return [tuple(row) for row in cursor.fetchall()]
    finally:
        connection.close()


@pytest.fixture
def told(database: Database) -> Database:
    tell(database, story(NOON - 30 * MINUTE, 64, step=2.0))
    Registry(database).add_camera(Camera("cam", "hall", ((1, 0, 0), (0, 1, 0), (0, 0, 1))), "site", NOON)
    report(database, "run", [Report("cam", 100, 3, NOON, NOON + MINUTE, ""), Report("lost", 0, 0, 0, 0, "no such file")])
    return database


def test_the_document_has_every_table_and_column() -> None:
    tables = re.findall(r"^## (\w+)\n(.*)\n\n\|.*\n\|.*\n((?:\|.*\n?)+)", DOC.read_text(), re.MULTILINE)
    assert [(name, about) for name, about, _ in tables] == [(view.name, view.about) for view in views.STAR]
    for view, (_, _, rows) in zip(views.STAR, tables, strict=True):
        described = [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows.strip().split("\n")]
        assert [(n, KINDS[k], a) for n, k, a in described] == [(c.name, c.kind, c.about) for c in view.columns]


def test_the_views_have_the_columns_and_are_made_once(database: Database) -> None:
    with database.engine.begin() as connection:
        views.create(connection)
    views.refresh(database.engine)
    found = inspect(database.engine)
    assert set(found.get_view_names()) == {view.name for view in views.STAR}
    for view in views.STAR:
        assert [column["name"] for column in found.get_columns(view.name)] == [column.name for column in view.columns]


def test_a_stay_has_its_times_and_its_flags(told: Database, url: str) -> None:
    columns = (
        "entered_utc, entered_local, seconds, expected, is_unknown_person, is_low_confidence, is_open_ended, is_gap, person_key"
    )
    stays = ask(url, f"SELECT {columns} FROM fact_presence ORDER BY entered_ns, person_key")
    ann, bob, stranger = (next(row for row in stays if row[-1] == who) for who in ("ann", "bob", "unknown"))
    utc, local = datetime(2026, 3, 5, 11, 30, tzinfo=UTC), datetime(2026, 3, 5, 12, 30)
    times = {
        "sqlite": ("2026-03-05 11:30:00.000", "2026-03-05 12:30:00.000"),
        "postgresql": (utc, local), "mysql": (utc.replace(tzinfo=None), local),
    }  # fmt: skip
    assert ann[:2] == times[make_url(url).get_backend_name()]
    assert ann[2:4] == (118, "expected") and bob[3] == "unexpected" and stranger[3] == "unknown"
    assert [tuple(map(bool, row[4:8])) for row in (ann, bob, stranger)] == [
        (False, False, False, False),
        (False, False, True, True),
        (True, False, True, True),
    ]


def test_the_hour_shows_the_clocks_of_the_site(told: Database, url: str) -> None:
    columns = "time_key, hour_local, weekday_local, utc_offset_minutes, date_local"
    first, second = ask(url, f"SELECT {columns} FROM dim_time ORDER BY hour_start_utc")
    day = "2026-03-05" if url.startswith("sqlite") else date(2026, 3, 5)
    assert first == (f"site {NOON // HOUR - 1}", 12, 4, 60, day) and second[1] == 13


def test_facts_join_their_dimensions_and_add_up(told: Database, url: str) -> None:
    query = """SELECT z.zone, r.role_key, sum(f.person_seconds), max(f.zone_people_most) FROM fact_occupancy_minute f
               JOIN dim_zone z USING (zone_key) JOIN dim_role r USING (role_key) JOIN dim_time t USING (time_key)
               GROUP BY z.zone, r.role_key ORDER BY z.zone, r.role_key"""
    moments = 64 * 30
    assert ask(url, query) == [
        ("East", "nurse", moments / 2, 2), ("East", "unknown", moments, 2),
        ("West", "doctor", moments, 2), ("West", "nurse", moments / 2, 2),
    ]  # fmt: skip
    lost = "SELECT count(*) FROM fact_transition f LEFT JOIN dim_zone z ON z.zone_key = f.to_zone_key WHERE z.zone IS NULL"
    assert ask(url, lost) == [(0,)]
    health = "SELECT camera_key, state, is_failed, is_silent, last_frame_ns FROM fact_camera_health ORDER BY camera_key"
    good, bad = ask(url, health)
    assert (*good[:2], bool(good[2]), good[4]) == ("cam", "ok", False, NOON + MINUTE)
    assert (*bad[:2], bool(bad[3])) == ("lost", "failed", True)


def test_a_zone_says_whose_staff_is_expected(database: Database, url: str) -> None:
    Registry(database).set_floor("site", [replace(ZONES[0], departments=("Surgery", "Medicine")), ZONES[1]])
    zones = ask(url, "SELECT zone, departments FROM dim_zone ORDER BY zone")
    assert zones == [("East", "Surgery, Medicine"), ("West", ""), ("unknown", "")]


def test_a_crossing_says_which_way_and_who(told: Database, url: str) -> None:
    query = """SELECT f.line, f.direction, f.crossed_ns, t.hour_local, p.role, f.is_unknown_person FROM fact_crossing f
               JOIN dim_time t USING (time_key) JOIN dim_person p USING (person_key) ORDER BY f.crossed_ns"""
    (line, direction, time, hour, role, unknown), *others = ask(url, query)
    assert (line, direction, hour, role, bool(unknown)) == ("Door", "in", 12, "nurse", False)
    assert time == NOON - 28 * MINUTE - SECOND and len(others) == 30


def test_the_lake_says_the_same_as_the_database(told: Database, url: str, tmp_path: Path) -> None:
    storage = Storage(str(tmp_path / "store"))
    write_lake(storage, told, start=NOON, end=NOON + SECOND)
    again = write_lake(storage, told, start=NOON, end=NOON + SECOND)
    with duckdb.connect() as lake:
        lake.execute("SET TimeZone = 'UTC'")
        for view in views.STAR:
            names = ", ".join(column.name for column in view.columns)
            files = f"{tmp_path}/store/lake/{view.name}/{'*/' if view.time else ''}*.parquet"
            table = f"read_parquet('{files}', hive_partitioning = true)"
            here = lake.execute(f"SELECT {names} FROM {table} ORDER BY ALL").fetchall()
            there = ask(url, f"SELECT {names} FROM {view.name}" + (" WHERE site = 'site'" if view.time else ""))
            assert len(here) == len(there) == again.rows[view.name] > 0
            assert sorted(map(_plain, here)) == sorted(map(_plain, there))
        days = lake.execute(
            f"SELECT DISTINCT date FROM read_parquet('{tmp_path}/store/lake/fact_presence/*/*.parquet')"
        ).fetchall()
    assert [str(day) for (day,) in days] == ["2026-03-05"]
    assert schema_of(views.FACT_PRESENCE).field("entered_utc").type.tz == "UTC"


def _plain(row: tuple[Any, ...]) -> tuple[str, ...]:
    """Values as every client spells them."""
    return tuple(_text(value) for value in row)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.replace(tzinfo=None):%Y-%m-%d %H:%M:%S.%f}"[:-3]
    if isinstance(value, bool):
        return str(int(value))
    return f"{float(value):.6f}" if isinstance(value, float | Decimal) else str(value)
