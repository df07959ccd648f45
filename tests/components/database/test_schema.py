from __future__ import annotations

from sqlalchemy import BigInteger, Integer, inspect, select

from components.database.database import Database
from components.database.schema import Base, DatasetRow, PositionRow
from components.database.versions import TABLE

LATE = 4_102_444_800_000_000_000  # the year 2100 in ns


def test_the_tables_and_columns_are_those_of_the_models(database: Database) -> None:
    found = inspect(database.engine)
    assert set(found.get_table_names()) == {*Base.metadata.tables, TABLE}
    for name, table in Base.metadata.tables.items():
        assert [column["name"] for column in found.get_columns(name)] == list(table.columns.keys())
        assert set(found.get_pk_constraint(name)["constrained_columns"]) == set(table.primary_key.columns.keys())
        assert {index["name"] for index in found.get_indexes(name)} == {index.name for index in table.indexes}


def test_every_whole_number_has_room_for_nanoseconds(database: Database) -> None:
    whole = [column for table in Base.metadata.tables.values() for column in table.columns if isinstance(column.type, Integer)]
    assert whole and all(isinstance(column.type, BigInteger) for column in whole)
    with database.session() as session:
        session.add(DatasetRow(digest="d", path="p", kept=2**40, rejected=0, chain_digest="c", created=LATE))
    with database.session() as session:
        row = session.scalars(select(DatasetRow)).one()
        assert (row.kept, row.created) == (2**40, LATE)


def test_fractions_keep_all_their_digits(database: Database) -> None:
    with database.session() as session:
        session.add(PositionRow(
            identity="1", run="r", site="s", time=LATE, person="", role="", confidence=0.1, x=1 / 3, y=-2 / 3,
            uncertainty=1e-9, zone="", cameras=["cam"], reason="",
        ))  # fmt: skip
    with database.session() as session:
        row = session.scalars(select(PositionRow)).one()
        assert (row.confidence, row.x, row.y, row.uncertainty) == (0.1, 1 / 3, -2 / 3, 1e-9)
