"""A ward of nine zones, its people on plausible ways, and what a run of `track` would have written about them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import hypot
from pathlib import Path
from random import Random
from typing import Any

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts import UNKNOWN, Person, Position, Zone
from components.database.database import Database
from components.database.fact_store import FactStore
from components.database.positions import replacing
from components.database.schema import CameraHealth, CameraVersion, RunRow, SegmentRow, StaffMember, ZoneRow
from components.facts.facts import Facts
from components.storage import layout
from components.storage.positions import SCHEMA
from components.storage.storage import Storage
from components.zones.presences import Presences

Row = dict[str, Any]
SECOND = 1_000_000_000
NOON = int(datetime(2026, 11, 22, 12, 59, 30, tzinfo=UTC).timestamp()) * SECOND  # half a minute before the files change folders
RUN = "0123456789ab"
FLAT = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
SITE = "Ward 3 North"
ZONES = {
    "Bay A": ("room", 0.0, 0.0, 7.5, 5.0),
    "Supply": ("room", 7.5, 0.0, 10.5, 5.0),
    "Bay B": ("room", 10.5, 0.0, 18.0, 5.0),
    "Corridor": ("corridor", 0.0, 5.0, 18.0, 8.0),
    "Room 1": ("room", 0.0, 8.0, 4.5, 12.5),
    "Nurse station": ("desk", 4.5, 8.0, 11.0, 12.5),
    "Office": ("room", 11.0, 8.0, 14.0, 12.5),
    "Room 2": ("room", 14.0, 8.0, 18.0, 12.5),
    "Entrance": ("lobby", 18.0, 3.0, 21.0, 11.0),
}
CAMERAS = {"cam1": ("Bay A, ceiling", 0.0, 8.5), "cam2": ("Corridor west", 6.0, 12.5), "cam3": ("Corridor east", 11.0, 18.0),
           "cam4": ("Entrance", 16.0, 21.0)}  # fmt: skip
ROLES = ("nurse", "nurse", "nurse", "nurse", "doctor", "doctor", "porter", "cleaner", "visitor", "visitor", "visitor", "nurse")

DEPARTMENTS = {"nurse": "nursing", "doctor": "medicine", "porter": "logistics", "cleaner": "logistics"}


def polygon(name: str) -> list[list[float]]:
    _, left, bottom, right, top = ZONES[name]
    return [[left, bottom], [right, bottom], [right, top], [left, top]]


def zone_at(x: float, y: float) -> str:
    return next((name for name, (_, a, b, c, d) in ZONES.items() if a <= x < c and b <= y < d), UNKNOWN)


@dataclass(frozen=True, slots=True)
class Walker:
    """Somebody who goes from zone to zone through the corridor and stays a while in each."""

    name: str
    role: str
    stops: tuple[tuple[float, float, float], ...]  # t (s), x, y: straight and even in between

    def at(self, t: float) -> tuple[float, float]:
        for (t0, x0, y0), (t1, x1, y1) in zip(self.stops, self.stops[1:], strict=False):
            if t0 <= t < t1:
                share = (t - t0) / (t1 - t0)
                return x0 + share * (x1 - x0), y0 + share * (y1 - y0)
        return self.stops[-1][1:]


def walker(number: int, seconds: float) -> Walker:
    random, role = Random(number), ROLES[number % len(ROLES)]
    rooms = [name for name in ZONES if name != "Corridor"]
    t, (x, y) = 0.0, _spot(random, random.choice(rooms))
    stops = [(t, x, y), (t + random.uniform(1, 8), x, y)]
    while stops[-1][0] < seconds:
        _, x, y = stops[-1]
        there = _spot(random, random.choice(rooms))
        lane = random.uniform(5.6, 7.4)
        for point in ((x, lane), (there[0], lane), there):
            stops.append((stops[-1][0] + max(hypot(point[0] - stops[-1][1], point[1] - stops[-1][2]) / 1.2, 0.1), *point))
        stops.append((stops[-1][0] + random.uniform(4, 20), *there))
    return Walker(f"{role}-{number:02d}", role, tuple(stops))


def _spot(random: Random, zone: str) -> tuple[float, float]:
    _, left, bottom, right, top = ZONES[zone]
    return random.uniform(left + 0.6, right - 0.6), random.uniform(bottom + 0.6, top - 0.6)


def rows_of(seconds: float, *, people: int = 12, rate: float = 5.0, start: int = NOON, seed: int = 1) -> list[Row]:
    """Where everybody was: staff are named most of the time, visitors never."""
    random, walkers = Random(seed), [walker(number, seconds) for number in range(people)]
    return [
        _row(random, f"p{number:03d}", start + int(frame * SECOND / rate), who, *who.at(frame / rate))
        for frame in range(int(seconds * rate))
        for number, who in enumerate(walkers)
    ]


def _row(random: Random, identity: str, time: int, who: Walker, x: float, y: float) -> Row:
    named = who.role != "visitor" and int(identity[1:]) % 5 != 4
    x, y = x + random.gauss(0, 0.05), y + random.gauss(0, 0.05)
    cameras = [camera for camera, (_, left, right) in CAMERAS.items() if left <= x < right]
    return {
        "time": time, "identity": identity, "person": who.name if named else UNKNOWN, "role": who.role if named else UNKNOWN,
        "confidence": round(random.uniform(0.8, 0.99), 3) if named else 0.0, "x": x, "y": y,
        "uncertainty": random.uniform(0.12, 0.4), "zone": zone_at(x, y), "cameras": cameras,
        "tracks": [f"{camera}/{int(identity[1:])}" for camera in cameras], "reason": "badge 7 read 4 times" if named else "",
    }  # fmt: skip


class Ward:
    """A store and a database, and the means to fill them as the flows do."""

    NOON, SECOND, RUN, SITE, ZONES, CAMERAS = NOON, SECOND, RUN, SITE, ZONES, CAMERAS
    rows = staticmethod(rows_of)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.storage = Storage(str(folder / "store"))
        self.url = f"sqlite:///{folder / 'data' / 'wardflow.db'}"
        self.database = Database(self.url)

    @staticmethod
    def at(seconds: float) -> int:
        """Fleet time in ns, that long after `NOON`."""
        return NOON + round(seconds * SECOND)

    def furnish(self, site: str = SITE) -> None:
        """The floor plan, the cameras and the roster."""
        self.furnish_zones(site, ZONES)
        with self.database.session() as session:
            session.add_all(
                CameraVersion(id=camera, version=f"{camera}-v1", site=site, location=location, homography=FLAT, valid_from=NOON,
                              valid_until=None)
                for camera, (location, *_) in CAMERAS.items()
            )  # fmt: skip
            session.add_all(
                StaffMember(id=f"{role}-{number:02d}", role=role, department=DEPARTMENTS[role], shift="07:00-19:00", badge=number)
                for number, role in enumerate(ROLES)
                if role != "visitor"
            )

    def furnish_zones(self, site: str, names: Iterable[str]) -> None:
        with self.database.session() as session:
            for name in names:
                kind, corners = (ZONES[name][0], polygon(name)) if name in ZONES else ("room", [])
                session.add(ZoneRow(site=site, name=name, kind=kind, polygon=corners))

    def write(self, rows: Sequence[Row], run: str = RUN, minutes: float = 0.25) -> None:
        """Position files of about `minutes` each."""
        parts: dict[tuple[int, int], list[Row]] = {}
        for row in rows:
            parts.setdefault((row["time"] // (3600 * SECOND), row["time"] // int(minutes * 60 * SECOND)), []).append(row)
        for part in parts.values():
            buffer = io.BytesIO()
            pq.write_table(pa.Table.from_pylist(part, schema=SCHEMA), buffer)
            self.storage.write(layout.positions(part[0]["time"], run), buffer.getvalue())

    def place(self, rows: Sequence[Row], run: str = RUN, site: str = SITE) -> None:
        """The table of positions after `rows`: the newest of each identity."""
        newest = {row["identity"]: Position(**row) for row in rows}
        self.database.apply(replacing(run, site, list(newest.values())))

    def remember(self, rows: Sequence[Row], run: str = RUN) -> None:
        """What the facts say after `rows`."""
        zones = tuple(Zone(name, ZONES[name][0], tuple(map(tuple, polygon(name)))) for name in ZONES)
        roster = tuple(
            Person(f"{role}-{number:02d}", role, DEPARTMENTS[role], "07:00-19:00", number)
            for number, role in enumerate(ROLES)
            if role in DEPARTMENTS
        )
        facts = Facts(Presences(site=SITE, zones=zones, roster=roster), step=0.2)
        store = FactStore(self.database, facts, run=run, site=SITE, every=3600.0)
        store.record((Position(**row) for row in rows), start=rows[0]["time"], end=rows[-1]["time"])

    def film(self, camera: str = "cam1", seconds: int = 20) -> None:
        """Footage of one camera in the store, in which every second has a shade of its own, and what was seen in it."""
        path = self.folder / "film.mp4"
        with av.open(str(path), "w") as film:
            stream = film.add_stream("libx264", rate=5)
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            for i in range(seconds * 5):
                image = np.full((240, 320, 3), (10 * (i // 5) + 20) % 250, np.uint8)
                film.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
            film.mux(stream.encode(None))
        self.storage.put(path, f"raw/camera={camera}/film.mp4")
        rows = [
            {"time": self.at(i / 5), "track": 1, "person": "nurse-01", "role": "nurse", "confidence": 0.9, "x1": 40.0 + i,
             "y1": 60.0, "x2": 80.0 + i, "y2": 200.0}
            for i in range(seconds * 5)
        ]  # fmt: skip
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        self.storage.write(layout.sightings(camera, NOON, RUN), sink.getvalue())
        with self.database.session() as session:
            session.add(
                SegmentRow(camera=camera, sha256="5" * 64, start=NOON, camera_version=f"{camera}-v1", end=self.at(seconds),
                           frames=seconds * 5, bytes=1, codec="h264", path=f"raw/camera={camera}/film.mp4")
            )  # fmt: skip

    def began(self, run: str = "flow-run-1", started: int = NOON, key: str = RUN, site: str = SITE) -> None:
        """A row of a run of `track` that is at work."""
        with self.database.session() as session:
            session.add(
                RunRow(id=run, flow="track", status="running", overrides=["detector=hog"], config_digest="c" * 64,
                       started=started, finished=None, summary={"run_key": key, "site": site}, published=False)
            )  # fmt: skip

    def ended(
        self, rows: Sequence[Row], run: str = "flow-run-1", key: str = RUN, status: str = "completed", site: str = SITE
    ) -> None:
        """The same row when the run is over."""
        times = [int(row["time"]) for row in rows] or [NOON]
        with self.database.session() as session:
            row = session.get_one(RunRow, run)
            row.status, row.finished = status, NOON + SECOND
            row.summary = {"run_key": key, "site": site, "start": min(times), "end": max(times) + SECOND // 5}

    def report(self, *, failed: str = "") -> None:
        """The cameras' health after a run in which the camera `failed` could not be read."""
        message = "cannot open rtsp://10.0.3.14/stream: connection refused; check the cable and the address"
        with self.database.session() as session:
            for camera in CAMERAS:
                bad = camera == failed
                session.merge(
                    CameraHealth(camera=camera, run=RUN, state="failed" if bad else "ok", message=message if bad else "",
                                 last_frame=0 if bad else self.at(60), frames=0 if bad else 300, rejected=4, dropped=3,
                                 fps=0.0 if bad else 4.98)
                )  # fmt: skip

    def seen(self, camera: str, track: int, seconds: float, x: float, y: float, **known: object) -> Row:
        """One position, `seconds` after `NOON`, of somebody unknown unless `known` says more."""
        row = {
            "time": self.at(seconds), "identity": f"{camera}-{track}", "person": UNKNOWN, "role": UNKNOWN, "confidence": 0.0,
            "x": x, "y": y, "uncertainty": 0.2, "zone": zone_at(x, y), "cameras": [camera],
            "tracks": [f"{camera}/{track}"], "reason": "",
        }  # fmt: skip
        return {**row, **known}

    def lose_database(self) -> None:
        """The file is gone, and so are the connections that had it open."""
        (self.folder / "data").rename(self.folder / "lost")
        self.database.engine.dispose()

    def find_database(self) -> None:
        (self.folder / "lost").rename(self.folder / "data")

    def track(self, seconds: float = 60, *, people: int = 12, failed: str = "") -> list[Row]:
        """A whole run, finished."""
        rows = rows_of(seconds, people=people)
        self.furnish()
        self.began()
        self.write(rows)
        self.place(rows)
        self.ended(rows)
        self.remember(rows)
        self.report(failed=failed)
        return rows


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    ward = Ward(tmp_path)
    yield ward
    ward.database.close()
