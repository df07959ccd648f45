"""A month of a hospital with 200 cameras, made up: facts straight into a database, positions of an hour into a store."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import func, insert, select

from components.contracts import UNKNOWN, Camera, Person, Zone
from components.database import summing
from components.database.database import Database
from components.database.health import Report, report
from components.database.registry import Registry
from components.database.schema import HeatRow, OccupancyRow, PresenceRow, TransitionRow, WatchedRow
from components.database.spans import DAY, HOUR, MINUTE
from components.facts.heat import Grid
from components.storage import layout
from components.storage.positions import SCHEMA
from components.storage.storage import Storage

SITE, RUN, CLOCKS = "st-made-up", "month0000000", "Europe/Amsterdam"
FIRST = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) * 10**9
ROLES = ("nurse", "doctor", "care assistant", "cleaner", "porter")
SHARES = (0.45, 0.2, 0.18, 0.09, 0.08)
SHIFTS = ("07:00-15:00", "15:00-24:00", "00:00-07:00")
ROLE_ORDER = tuple(sorted(ROLES))
ACROSS, CELL, SIZE = 20, 0.5, 6.0  # zones in a row, metres of a cell of heat, metres of a zone


@dataclass(frozen=True, slots=True)
class Amount:
    """How much to make up."""

    days: int = 30
    cameras: int = 200
    staff: int = 600
    stays: float = 20.0  # of one person in one hour

    @property
    def zones(self) -> int:
        return self.cameras


def generate(database: Database, amount: Amount) -> None:
    """Facts of all days that are not there yet; each day is one transaction."""
    registry, zones, staff = Registry(database), _zones(amount), _staff(amount)
    registry.set_floor(SITE, zones)
    registry.set_staff(staff)
    for i in range(amount.cameras):
        registry.add_camera(Camera(f"cam-{i:03d}", zones[i].name, ((1, 0, i), (0, 1, 0), (0, 0, 1))), SITE, FIRST)
    report(database, RUN, [Report(f"cam-{i:03d}", 2_000, 20, FIRST, FIRST + DAY, "") for i in range(amount.cameras)])
    with database.session() as session:
        last = session.scalar(select(func.max(WatchedRow.minute)).where(WatchedRow.site == SITE)) or FIRST - MINUTE
    for day in range((last + MINUTE - FIRST) // DAY, amount.days):
        _Day(amount, zones, staff, day).enter(database)


def _zones(amount: Amount) -> list[Zone]:
    found = []
    for i in range(amount.zones):
        x, y = i % ACROSS * SIZE, i // ACROSS * SIZE
        corners = ((x, y), (x + SIZE, y), (x + SIZE, y + SIZE), (x, y + SIZE))
        kind = "corridor" if i % ACROSS == 10 else "room"
        found.append(Zone(f"Ward {i // ACROSS + 1} room {i % ACROSS + 1:02d}", kind, corners))
    return found


def _staff(amount: Amount) -> list[Person]:
    roles = np.repeat(ROLES, np.ceil(np.array(SHARES) * amount.staff).astype(int))[: amount.staff]
    return [
        Person(f"{role.replace(' ', '-')}-{i:03d}", str(role), f"Department {i % 8 + 1}", SHIFTS[i % 3], i)
        for i, role in enumerate(roles.tolist())
    ]


class _Day:
    """Where everybody went on one day."""

    def __init__(self, amount: Amount, zones: list[Zone], staff: list[Person], day: int) -> None:
        self.random = np.random.default_rng(day)
        self.amount, self.zones, self.staff, self.start = amount, zones, staff, FIRST + day * DAY
        self.names = np.array([zone.name for zone in zones])
        self.roles = np.array([person.role for person in staff])
        self.who, self.zone, self.entered, self.left = self._walks()
        self.named = self.random.random(len(self.who)) > 0.08

    def enter(self, database: Database) -> None:
        with database.session() as session:
            connection = session.connection()
            connection.execute(insert(PresenceRow), self._presences())
            connection.execute(insert(TransitionRow), self._transitions())
            connection.execute(insert(OccupancyRow), self._occupancy())
            minutes = range(self.start, self.start + DAY, MINUTE)
            watched = [{"site": SITE, "minute": t, "run": RUN, "seconds": 60.0, "most": len(self.staff) // 4} for t in minutes]
            connection.execute(insert(WatchedRow), watched)
            connection.execute(insert(HeatRow), self._heat())
            summing.touch(session, SITE, range(self.start, self.start + DAY, HOUR), summing.clock(CLOCKS))
            summing.catch_up(session, SITE, self.start + DAY)

    def _walks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Person, zone, begin and end (ns) of every stay, person by person."""
        parts = []
        mean = 3600 / self.amount.stays
        for i in np.flatnonzero(self.random.random(len(self.staff)) < 0.75):
            begin = {0: 7, 1: 15, 2: 0}[int(i) % 3] * 3600.0 + self.random.normal(0, 600)
            length = (8, 9, 7)[i % 3] * 3600
            count = int(length / mean)
            dwell = self.random.lognormal(np.log(mean) - 0.5, 1.0, count)
            edges = np.clip(begin, 0, 86_000) + np.concatenate([[0], np.cumsum(dwell)])
            edges = np.round(edges[edges < 86_399] * 5) / 5
            if len(edges) < 2:
                continue
            home = int(i) * 37 % self.amount.zones
            steps = self.random.choice((-ACROSS, -1, 1, ACROSS), len(edges) - 1)
            away = np.where(self.random.random(len(steps)) < 0.5, 0, np.cumsum(steps) % 7 * np.sign(steps))
            zone = np.clip(home + away, 0, self.amount.zones - 1)
            parts.append((np.full(len(zone), i), zone, edges[:-1], edges[1:]))
        who, zone, entered, left = (np.concatenate(column) for column in zip(*parts, strict=True))
        times = [self.start + (column * 10).astype(np.int64) * 100_000_000 for column in (entered, left)]
        keep = times[1] > times[0]
        return who[keep], zone[keep], times[0][keep], times[1][keep] - 200_000_000

    def _people(self) -> list[tuple[str, str]]:
        people = [self.staff[i] for i in self.who]
        return [(p.id if named else UNKNOWN, p.role) for p, named in zip(people, self.named, strict=True)]

    def _presences(self) -> list[dict]:
        columns = (self.who, self.names[self.zone], self.entered, np.maximum(self.left, self.entered))
        return [
            {
                "run": RUN, "identity": f"{i:06x}", "entered": entered, "left": left, "site": SITE, "zone": zone,
                "person": person, "role": role, "department": self.staff[i].department if person != UNKNOWN else UNKNOWN,
                "open": False, "confidence": 0.9 * (person != UNKNOWN),
                "expected": "expected" if person != UNKNOWN else "unknown",
            }
            for (person, role), i, zone, entered, left in zip(self._people(), *(c.tolist() for c in columns), strict=True)
        ]  # fmt: skip

    def _transitions(self) -> list[dict]:
        moved = np.flatnonzero((self.who[1:] == self.who[:-1]) & (self.zone[1:] != self.zone[:-1])) + 1
        people, names = self._people(), self.names[self.zone].tolist()
        return [
            {
                "run": RUN, "identity": f"{self.who[k]:06x}", "entered": int(self.entered[k]), "left": int(self.left[k - 1]),
                "site": SITE, "from_zone": names[k - 1], "to_zone": names[k], "person": people[k][0], "role": people[k][1],
                "confidence": 0.9 if people[k][0] != UNKNOWN else 0.0,
            }
            for k in moved.tolist()
        ]  # fmt: skip

    def _occupancy(self) -> list[dict]:
        """Every stay in pieces of one minute, added up."""
        first, last = self.entered // MINUTE, self.left // MINUTE
        pieces = (last - first + 1).astype(int)
        stay = np.repeat(np.arange(len(pieces)), pieces)
        minute = first[stay] + np.arange(len(stay)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        seconds = (np.minimum(self.left[stay], (minute + 1) * MINUTE) - np.maximum(self.entered[stay], minute * MINUTE)) / 1e9
        role = np.searchsorted(ROLE_ORDER, self.roles[self.who[stay]])
        key = (minute - self.start // MINUTE) * 1_000_000 + self.zone[stay] * 10 + role
        keys, where, counts = np.unique(key, return_inverse=True, return_counts=True)
        spent, unnamed = np.bincount(where, seconds), np.bincount(where, seconds * ~self.named[stay])
        times = self.start + keys // 1_000_000 * MINUTE
        zones, roles = self.names[keys % 1_000_000 // 10].tolist(), np.array(ROLE_ORDER)[keys % 10].tolist()
        rows = zip(times.tolist(), zones, roles, spent.tolist(), unnamed.tolist(), counts.tolist(), strict=True)
        names = ("site", "minute", "zone", "role", "person_seconds", "unnamed_seconds", "most", "zone_most")
        return [dict(zip(names, (SITE, *row, row[-1]), strict=True)) for row in rows]

    def _heat(self) -> list[dict]:
        """Everybody spends a stay on three cells of the zone."""
        rows = []
        shape = (int(-(-self.amount.zones // ACROSS) * SIZE / CELL), int(ACROSS * SIZE / CELL))
        hours, roles = (self.entered - self.start) // HOUR, self.roles[self.who]
        for hour in np.unique(hours).tolist():
            for name in ("*", *ROLE_ORDER):
                chosen = np.flatnonzero((hours == hour) & ((roles == name) | (name == "*")))
                seconds = np.zeros(shape)
                for _ in range(3):
                    inside = self.random.random((2, len(chosen))) * SIZE
                    row = ((self.zone[chosen] // ACROSS * SIZE + inside[0]) / CELL).astype(int)
                    column = ((self.zone[chosen] % ACROSS * SIZE + inside[1]) / CELL).astype(int)
                    np.add.at(seconds, (row, column), (self.left[chosen] - self.entered[chosen]) / 3e9)
                start = self.start + hour * HOUR
                about = {"site": SITE, "hour": start, "role": name, "run": RUN, "start": start, "end": start + HOUR}
                rows.append(about | summing.grid_columns(Grid(CELL, 0, 0, seconds)))
        return rows


def positions(storage: Storage, *, start: int, hours: int, people: int = 300, rate: int = 5) -> int:
    """Files of positions as association writes them, an hour a file; the bytes that they take."""
    size = 0
    for hour in range(start // HOUR * HOUR, start // HOUR * HOUR + hours * HOUR, HOUR):
        sink = io.BytesIO()
        with pq.ParquetWriter(sink, SCHEMA) as writer:
            for minute in range(60):
                writer.write_table(_minute(hour + minute * MINUTE, people, rate), row_group_size=5_000)
        storage.write(layout.positions(hour, RUN), sink.getvalue())
        size += len(sink.getvalue())
    return size


def _minute(start: int, people: int, rate: int) -> pa.Table:
    """Everybody walks in a circle."""
    moment, who = np.divmod(np.arange(60 * rate * people), people)
    time = start + moment * (10**9 // rate)
    angle = time / 1e9 % 1000 / 3 + who
    place = who % 200
    zones = np.array([f"Ward {i // ACROSS + 1} room {i % ACROSS + 1:02d}" for i in range(200)])
    n = len(who)
    columns = {
        "time": time, "identity": np.char.mod("%06x", who), "person": np.char.add("staff-", who.astype(str)),
        "role": np.array(ROLES)[who % 5], "confidence": np.full(n, 0.9), "uncertainty": np.full(n, 0.2), "zone": zones[place],
        "x": place % ACROSS * SIZE + 3 + np.cos(angle), "y": place // ACROSS * SIZE + 3 + np.sin(angle),
        "cameras": list(repeat(["cam-001", "cam-002"], n)), "tracks": list(repeat(["cam-001/7", "cam-002/9"], n)),
        "reason": list(repeat("badge 7 read 4 times", n)),
    }  # fmt: skip
    return pa.table(columns, schema=SCHEMA)
