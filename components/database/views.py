"""The star schema as views, in the words of each kind of database."""

from __future__ import annotations

import re

from sqlalchemy import Connection, Engine, inspect, text

from components.database.star import FACT_PRESENCE, STAR, Column, Kind, View

__all__ = ["FACT_PRESENCE", "STAR", "Column", "Kind", "View", "create", "drop", "refresh", "statements"]

SQLITE = {
    "moment": "strftime('%Y-%m-%d %H:%M:%f', {0} / 1e9, 'unixepoch')",
    "local": "strftime('%Y-%m-%d %H:%M:%f', {0} / 1e9 + h.\"offset\", 'unixepoch')",
    "date": "date({0} / 1000000000 + h.\"offset\", 'unixepoch')",
    "{hour}": "CAST(strftime('%H', h.start / 1000000000 + h.\"offset\", 'unixepoch') AS INTEGER)",
    "{weekday}": "(strftime('%w', h.start / 1000000000 + h.\"offset\", 'unixepoch') + 6) % 7 + 1",
    "{departments}": "coalesce((SELECT group_concat(value, ', ') FROM json_each(z.departments)), '')",
    "{open}": "f.open",
    "{nothing}": "NULL",
}
POSTGRESQL = {
    "moment": "to_timestamp({0} / 1e9)",
    "local": "to_timestamp({0} / 1e9) AT TIME ZONE 'UTC' + h.\"offset\" * interval '1 second'",
    "date": "CAST(to_timestamp({0} / 1e9) AT TIME ZONE 'UTC' + h.\"offset\" * interval '1 second' AS date)",
    "{hour}": "CAST(extract(hour FROM to_timestamp(h.start / 1e9 + h.\"offset\") AT TIME ZONE 'UTC') AS bigint)",
    "{weekday}": "CAST(extract(isodow FROM to_timestamp(h.start / 1e9 + h.\"offset\") AT TIME ZONE 'UTC') AS bigint)",
    "{departments}": "coalesce((SELECT string_agg(value, ', ') FROM json_array_elements_text(z.departments)), '')",
    "{open}": "f.open",
    "{nothing}": "CAST(NULL AS json)",
}
EPOCH = "CAST('1970-01-01' AS datetime(6))"
MYSQL = {
    "moment": EPOCH + " + INTERVAL ({0}) DIV 1000 MICROSECOND",
    "local": EPOCH + ' + INTERVAL ({0}) DIV 1000 MICROSECOND + INTERVAL h."offset" SECOND',
    "date": "CAST(" + EPOCH + ' + INTERVAL ({0}) DIV 1000 MICROSECOND + INTERVAL h."offset" SECOND AS date)',
    "{hour}": f'hour({EPOCH} + INTERVAL h.start DIV 1000 MICROSECOND + INTERVAL h."offset" SECOND)',
    "{weekday}": f'weekday({EPOCH} + INTERVAL h.start DIV 1000 MICROSECOND + INTERVAL h."offset" SECOND) + 1',
    "{departments}": "coalesce((SELECT group_concat(d.value SEPARATOR ', ') FROM"
    " JSON_TABLE(z.departments, '$[*]' COLUMNS (value varchar(100) PATH '$')) d), '')",
    "{open}": "f.open",
    "{nothing}": "NULL",
}
SINCE = (
    "DATEADD(microsecond, ({0}) % 60000000000 / 1000, DATEADD(minute, ({0}) / 60000000000, CAST('1970-01-01' AS datetime2(6))))"
)
START = SINCE.replace("{0}", "h.start")
MSSQL = {
    "moment": SINCE,
    "local": f'DATEADD(second, h."offset", {SINCE})',
    "date": f'CAST(DATEADD(second, h."offset", {SINCE}) AS date)',
    "{hour}": f'DATEPART(hour, DATEADD(second, h."offset", {START}))',
    "{weekday}": f"DATEDIFF(day, '19000101', DATEADD(second, h.\"offset\", {START})) % 7 + 1",
    "{departments}": "coalesce((SELECT STRING_AGG(value, ', ') FROM OPENJSON(z.departments)), '')",
    "{open}": 'f."open" = 1',
    "{nothing}": "CAST(NULL AS nvarchar(max))",
    "flag": "CAST(CASE WHEN {0} THEN 1 ELSE 0 END AS bit)",
}
PHRASES = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "mysql": MYSQL, "mariadb": MYSQL, "mssql": MSSQL}


def create(connection: Connection) -> None:
    """Make the views that are not there."""
    known = set(inspect(connection).get_view_names())
    for view, statement in zip(STAR, statements(connection.dialect.name), strict=True):
        if view.name not in known:
            connection.execute(text(statement.replace(":", r"\:")))


def drop(connection: Connection) -> None:
    """Remove the views, so that their tables can be changed."""
    for view in STAR:
        connection.execute(text(f"DROP VIEW IF EXISTS {view.name}"))


def refresh(engine: Engine) -> None:
    """Make all views anew, as this version of the program describes them."""
    with engine.begin() as connection:
        drop(connection)
        create(connection)


def statements(dialect: str) -> list[str]:
    """What makes each view in a database of `dialect`."""
    return [_statement(view, dialect) for view in STAR]


def _statement(view: View, dialect: str) -> str:
    phrases = PHRASES[dialect]
    columns = ", ".join(f"{_expression(column, phrases, dialect)} AS {column.name}" for column in view.columns)
    source = view.source.replace("{nothing}", phrases["{nothing}"])
    return f"CREATE VIEW {view.name} AS SELECT {columns} FROM {_spelled(source, dialect)}"


def _expression(column: Column, phrases: dict[str, str], dialect: str) -> str:
    sql = phrases.get(column.sql, column.sql)
    return _spelled(phrases[column.kind].replace("{0}", sql) if column.kind in phrases else sql, dialect)


def _spelled(sql: str, dialect: str) -> str:
    """What SQLite and PostgreSQL understand, as others write it: text that is joined, whole numbers that are divided, names."""
    if dialect in ("mysql", "mariadb"):
        joined = f"concat({', '.join(sql.split(' || '))})" if " || " in sql else sql
        return re.sub(r" / (?=\d+(?![\de]))", " DIV ", joined).replace('"', "`").replace("double precision", "double")
    if dialect == "mssql":
        parts = [part if part.startswith("'") else f"CAST({part} AS nvarchar(100))" for part in sql.split(" || ")]
        return re.sub(r"(?<![\w.])\d{11,}(?![\de])", r"CAST(\g<0> AS bigint)", " + ".join(parts) if " || " in sql else sql)
    return sql
