"""What happened in each zone in a span of time, summed: read where it was summed before, else counted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from components.database.schema import OccupancyRow, PresenceRow, WatchedRow, ZoneDay, ZoneHour
from components.database.spans import Cut, Interval, within
from components.facts import dwell

ALL = "*"  # the whole site, or everybody
Key = tuple[str, str]  # zone and role, or ALL
COLUMNS = ("person_seconds", "unnamed_seconds", "most", "entries", "exits", "dwell_seconds", "dwell_most")
LARGEST = ("most", "dwell_most")  # the others are added up


@dataclass(slots=True)
class Sums:
    """Of one zone and role in one span."""

    person_seconds: float = 0.0
    unnamed_seconds: float = 0.0
    most: int = 0
    entries: int = 0
    exits: int = 0
    dwell_seconds: float = 0.0
    dwell_most: float = 0.0
    dwell: NDArray[np.int64] = field(default_factory=lambda: np.zeros(dwell.BINS, np.int64))


@dataclass(frozen=True, slots=True)
class Level:
    """Which zones and roles a question is about: one, ALL together, or (None) each by itself."""

    zone: str | None
    role: str | None

    def rows(self, table: type[ZoneHour | ZoneDay]) -> ColumnElement[bool]:
        zone = table.zone != ALL if self.zone is None else table.zone == self.zone
        return and_(zone, table.role != ALL if self.role is None else table.role == self.role)

    def holds(self, key: Key) -> bool:
        return all(
            value != ALL if wanted is None else value == wanted for wanted, value in zip((self.zone, self.role), key, strict=True)
        )


def read(session: Session, site: str, parts: Cut, level: Level) -> dict[Key, Sums]:
    """The sums of a period at one level."""
    rows: list[Sequence[Any]] = []
    for table, spans in ((ZoneDay, parts.days), (ZoneHour, parts.hours)):
        rows += _stored(session, table, site, spans, level) if spans else []
    found = add_up(rows)
    for interval in parts.rest:
        counted = count(session, site, interval)
        found = merge(found, {key: sums for key, sums in counted.items() if level.holds(key)})
    return found


def _stored(
    session: Session, table: type[ZoneHour | ZoneDay], site: str, spans: Sequence[Interval], level: Level
) -> Sequence[Sequence[Any]]:
    names = ("zone", "role", *COLUMNS, "dwell")
    query = select(*(getattr(table, name) for name in names)).where(table.site == site, within(table.start, spans))
    return session.connection().execute(query.where(level.rows(table))).all()  # many rows: past the object mapper


def add_up(rows: Sequence[Sequence[Any]]) -> dict[Key, Sums]:
    """`rows` of (zone, role, COLUMNS, packed histogram), one Sums for each zone and role."""
    if not rows:
        return {}
    zones, roles, *figures, packed = zip(*rows, strict=True)
    keys: dict[Key, int] = {}
    owners = np.array([keys.setdefault(key, len(keys)) for key in zip(zones, roles, strict=True)])
    histograms = dwell.unpack(packed, owners, len(keys))
    whole = np.empty((len(keys), len(COLUMNS)))
    for column, name, values in zip(whole.T, COLUMNS, figures, strict=True):
        column[:] = 0.0
        (np.maximum if name in LARGEST else np.add).at(column, owners, np.array(values, np.float64))
    return {key: _sums(row, counts) for key, row, counts in zip(keys, whole.tolist(), histograms, strict=True)}


def _sums(figures: Sequence[float], histogram: NDArray[np.int64]) -> Sums:
    seconds, unnamed, most, entries, exits, dwelt, longest = figures
    return Sums(seconds, unnamed, int(most), int(entries), int(exits), dwelt, longest, histogram)


def merge(one: dict[Key, Sums], other: dict[Key, Sums]) -> dict[Key, Sums]:
    """The sums of two spans that follow each other."""
    return add_up([row for sums in (one, other) for row in as_rows(sums)]) if one and other else one or other


def as_rows(sums: dict[Key, Sums]) -> Iterator[tuple[Any, ...]]:
    """As `add_up` takes them."""
    for key, item in sums.items():
        yield (*key, *(getattr(item, name) for name in COLUMNS), dwell.pack(item.dwell))


def count(session: Session, site: str, interval: Interval) -> dict[Key, Sums]:
    """Sums of every zone and role, also all together, out of occupancy by the minute and stays."""
    found: dict[Key, Sums] = {}
    _count_occupancy(session, site, interval, found)
    _count_peaks(session, site, interval, found)
    _count_entries(session, site, interval, found)
    _count_exits(session, site, interval, found)
    return found


def _cube(found: dict[Key, Sums], zone: str, role: str) -> Iterable[Sums]:
    return [found.setdefault(key, Sums()) for key in ((zone, role), (zone, ALL), (ALL, role), (ALL, ALL))]


def _count_occupancy(session: Session, site: str, interval: Interval, found: dict[Key, Sums]) -> None:
    seconds, unnamed = func.sum(OccupancyRow.person_seconds), func.sum(OccupancyRow.unnamed_seconds)
    most, zone_most = func.max(OccupancyRow.most), func.max(OccupancyRow.zone_most)
    query = select(OccupancyRow.zone, OccupancyRow.role, seconds, unnamed, most, zone_most)
    query = query.where(OccupancyRow.site == site, within(OccupancyRow.minute, [interval]))
    for zone, role, spent, without_name, peak, zone_peak in session.execute(query.group_by(OccupancyRow.zone, OccupancyRow.role)):
        for sums in _cube(found, zone, role):
            sums.person_seconds += spent
            sums.unnamed_seconds += without_name
        found[zone, role].most = peak
        found[zone, ALL].most = max(found[zone, ALL].most, zone_peak)


def _count_peaks(session: Session, site: str, interval: Interval, found: dict[Key, Sums]) -> None:
    """Of the whole site: of everybody as counted, of one role the minute with the highest mean."""
    query = select(OccupancyRow.role, func.sum(OccupancyRow.person_seconds))
    query = query.where(OccupancyRow.site == site, within(OccupancyRow.minute, [interval]))
    for role, seconds in session.execute(query.group_by(OccupancyRow.minute, OccupancyRow.role)):
        found[ALL, role].most = max(found[ALL, role].most, math.ceil(seconds / 60))
    watched = select(func.max(WatchedRow.most)).where(WatchedRow.site == site, within(WatchedRow.minute, [interval]))
    if (most := session.scalar(watched)) and (ALL, ALL) in found:
        found[ALL, ALL].most = most


def _count_entries(session: Session, site: str, interval: Interval, found: dict[Key, Sums]) -> None:
    query = select(PresenceRow.zone, PresenceRow.role, func.count())
    query = query.where(PresenceRow.site == site, within(PresenceRow.entered, [interval]))
    for zone, role, entries in session.execute(query.group_by(PresenceRow.zone, PresenceRow.role)):
        for sums in _cube(found, zone, role):
            sums.entries += entries


def _count_exits(session: Session, site: str, interval: Interval, found: dict[Key, Sums]) -> None:
    query = select(PresenceRow.zone, PresenceRow.role, PresenceRow.left - PresenceRow.entered)
    rows = session.execute(query.where(PresenceRow.site == site, within(PresenceRow.left, [interval]))).all()
    seconds = np.array([row[2] for row in rows], np.float64) / 1e9
    for (zone, role, _), dwelt, bin_ in zip(rows, seconds.tolist(), dwell.bins(seconds).tolist(), strict=True):
        for sums in _cube(found, zone, role):
            sums.exits += 1
            sums.dwell_seconds += dwelt
            sums.dwell_most = max(sums.dwell_most, dwelt)
            sums.dwell[bin_] += 1
