from __future__ import annotations

from sqlalchemy import BigInteger, Integer, event, inspect, select

from components.contracts import Camera
from components.database.database import Database
from components.database.registry import Registry
from components.database.schema import Base, CameraVersion, DatasetRow, PositionRow, ShiftRow
from components.database.segments import Segments
from components.database.staff import Staff
from components.database.versions import TABLE

CAMERA = Camera("c1", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
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


def test_what_is_asked_often_is_found_by_an_index(tmp_path) -> None:
    """No question about one camera, person or moment looks through a whole table."""
    database, asked = Database(f"sqlite:///{tmp_path}/ward.db"), list[tuple[str, tuple]]()
    with database.session() as session:  # SQLite plans by how much there is
        session.add_all(
            CameraVersion(
                id=f"c{i}",
                version="v",
                valid_from=i,
                valid_until=i + 1,
                site=f"s{i % 9}",
                location="",
                homography=CAMERA.homography,
            )
            for i in range(200)
        )
        session.add_all(ShiftRow(person=f"p{i}", start=i * 10**15, finish=i * 10**15 + 1) for i in range(500))
        session.connection().exec_driver_sql("ANALYZE")

    def hear(*given) -> None:
        asked.append((given[2], given[3]))

    event.listen(database.engine, "before_cursor_execute", hear)
    Registry(database).at(5, site="s5"), Registry(database).versions("c1"), Registry(database).add_camera(CAMERA, "s", 5)
    Segments(database).valid(["c1"]), Staff(database).dated(400 * 10**15, 401 * 10**15)
    event.remove(database.engine, "before_cursor_execute", hear)
    with database.engine.connect() as connection:
        for sql, values in [(sql, values) for sql, values in asked if sql.startswith("SELECT")]:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert not [step for step in plan if step.startswith("SCAN")], (sql, plan)
    database.close()
