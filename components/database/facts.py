"""Writes down what happened on a site: what a run says about a period replaces what was said about it before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import DeclarativeBase, Session

from components.contracts import Crossing, Presence
from components.database import summing
from components.database.database import Database
from components.database.schema import CrossingRow, HeatRow, OccupancyRow, PresenceRow, TransitionRow, WatchedRow
from components.database.spans import HOUR, MINUTE, Interval
from components.facts.facts import Batch
from components.facts.heat import Heat
from components.facts.occupancy import Occupancy, Watched
from components.facts.transitions import Transition

LATE = 10 * MINUTE  # ns: a stay that began longer than that before its batch is in the database already


def write(database: Database, *, run: str, site: str, batch: Batch, timezone: str = "UTC") -> None:
    """Enter a batch of `run` in one transaction; entering it again changes nothing.

    Stays of other runs that reach into the period are cut at its borders. The minute in which the period begins is that of
    `run` as a whole, an hour of heat goes as a whole where its parts overlap. `timezone` (IANA) is that of the site's clocks.
    Raises InputError where the database is away or the timezone is none.
    """
    period = Interval(batch.start, batch.end)
    clock = summing.clock(timezone)
    with database.session() as session:
        moved = _cut(session, run, site, period)
        _stays(session, run, site, batch)
        _transitions(session, run, site, batch)
        _crossings(session, run, site, batch)
        _minutes(session, run, site, batch)
        _heat(session, run, site, period, batch.heat)
        summing.touch(session, site, [*_hours(batch), *moved], clock)
        summing.catch_up(session, site, batch.end)


def _cut(session: Session, run: str, site: str, period: Interval) -> list[int]:
    """Leave of other runs' stays what is outside `period`; the times at which they now end or begin."""
    reach = (PresenceRow.site == site, PresenceRow.entered < period.end, PresenceRow.left >= period.start, PresenceRow.run != run)
    kept: list[dict[str, Any]] = []
    for stay in session.scalars(select(PresenceRow).where(*reach)):
        row = {name: getattr(stay, name) for name in PresenceRow.__table__.columns.keys()}  # noqa: SIM118 - not a dict
        if stay.entered < period.start:
            kept.append(row | {"left": period.start - 1, "open": False})
        if stay.left >= period.end:
            kept.append(row | {"entered": period.end})
    session.execute(delete(PresenceRow).where(*reach), execution_options={"synchronize_session": False})
    session.expunge_all()
    _enter(session, PresenceRow, kept)
    return [row["left"] if row["left"] < period.start else row["entered"] for row in kept]


def _stays(session: Session, run: str, site: str, batch: Batch) -> None:
    session.execute(delete(PresenceRow).where(PresenceRow.site == site, PresenceRow.run == run, _begun(PresenceRow, batch)))
    _remove_keys(session, PresenceRow, run, site, ((s.identity, s.entered) for s in (*batch.ended, *batch.open)), batch.start)
    rows = [_stay(stay, run, goes_on=False) for stay in batch.ended] + [_stay(stay, run, goes_on=True) for stay in batch.open]
    _enter(session, PresenceRow, rows)


def _stay(stay: Presence, run: str, *, goes_on: bool) -> dict[str, Any]:
    return {**_columns(stay), "run": run, "open": goes_on}


def _transitions(session: Session, run: str, site: str, batch: Batch) -> None:
    session.execute(delete(TransitionRow).where(TransitionRow.site == site, _begun(TransitionRow, batch)))
    _remove_keys(session, TransitionRow, run, site, ((move.identity, move.entered) for move in batch.transitions), batch.start)
    _enter(session, TransitionRow, [{**_columns(move), "run": run, "site": site} for move in batch.transitions])


def _crossings(session: Session, run: str, site: str, batch: Batch) -> None:
    """A crossing is known some seconds after its time, which may be before the batch."""
    session.execute(delete(CrossingRow).where(CrossingRow.site == site, CrossingRow.time.between(batch.start, batch.end - 1)))
    rows = [{**_columns(crossing), "run": run} for crossing in batch.crossings]
    key = [column == bindparam(f"its_{column.name}") for column in CrossingRow.__table__.primary_key]
    if late := [{f"its_{name}": value for name, value in row.items()} for row in rows if row["time"] < batch.start]:
        session.connection().execute(delete(CrossingRow).where(*key), late)
    _enter(session, CrossingRow, rows)


def _begun(table: type[PresenceRow | TransitionRow], batch: Batch) -> Any:
    return table.entered.between(batch.start, batch.end - 1)


def _remove_keys(
    session: Session, table: type[PresenceRow | TransitionRow], run: str, site: str, keys: Iterable[tuple[str, int]], start: int
) -> None:
    """Rows that began before the batch and are in it again."""
    rows = [{"its_identity": identity, "its_entered": entered} for identity, entered in keys if entered < start]
    same = (table.site == site, table.identity == bindparam("its_identity"), table.entered == bindparam("its_entered"))
    if rows:
        session.connection().execute(delete(table).where(table.run == run, *same), rows)


def _minutes(session: Session, run: str, site: str, batch: Batch) -> None:
    for table, rows in ((WatchedRow, batch.watched), (OccupancyRow, batch.occupancy)):
        inside = table.minute.between(batch.start // MINUTE * MINUTE, batch.end - 1)
        session.execute(delete(table).where(table.site == site, inside))
        extra = {"site": site, "run": run} if table is WatchedRow else {"site": site}
        _enter(session, table, [{**_columns(row), **extra} for row in rows])


def _heat(session: Session, run: str, site: str, period: Interval, heat: Sequence[Heat]) -> None:
    begun = HeatRow.hour.between(period.start // HOUR * HOUR, period.end - 1)
    overlaps = (HeatRow.run == run) | ((HeatRow.start < period.end) & (HeatRow.end > period.start))
    session.execute(delete(HeatRow).where(HeatRow.site == site, begun, overlaps))
    rows = [
        {
            "site": site, "hour": item.hour, "role": item.role, "run": run, "start": item.start, "end": item.end,
            **summing.grid_columns(item.grid),
        }
        for item in heat
    ]  # fmt: skip
    _enter(session, HeatRow, rows)


def _hours(batch: Batch) -> list[int]:
    """Moments of all hours whose sums change."""
    hours = list(range(batch.start // HOUR * HOUR, batch.end, HOUR))
    stays = (*batch.ended, *batch.open)
    late = [stay.entered for stay in stays if batch.start - LATE <= stay.entered < batch.start]
    return [*hours, *late, *(stay.left for stay in stays if stay.left < batch.start)]


def _columns(item: Presence | Transition | Crossing | Occupancy | Watched) -> dict[str, Any]:
    return {field.name: getattr(item, field.name) for field in fields(item)}


def _enter(session: Session, table: type[DeclarativeBase], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(insert(table), rows)
