"""A ward of nine zones, its people on plausible ways, and what four overlapping cameras would have written about them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import hypot
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts import UNKNOWN
from components.database.database import Database
from components.database.schema import CameraHealth, CameraVersion, PositionRow, RunRow, StaffMember, ZoneRow
from components.storage.storage import Storage

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


def rows_of(seconds: float, *, people: int = 12, rate: float = 5.0, start: int = NOON, seed: int = 1) -> list[dict[str, object]]:
    """What the cameras saw: staff are named most of the time, visitors never."""
    random, walkers = Random(seed), [walker(number, seconds) for number in range(people)]
    tracks: dict[tuple[str, str], tuple[int, int]] = {}
    rows = []
    for frame in range(int(seconds * rate)):
        for who in walkers:
            x, y = who.at(frame / rate)
            for camera, (_, left, right) in CAMERAS.items():
                if left <= x < right and random.random() > 0.03:
                    track, last = tracks.get((camera, who.name), (0, -999))
                    track = track if frame - last < 10 else len(tracks) * 1000 + frame + 1
                    tracks[camera, who.name] = (track, frame)
                    rows.append(_row(random, camera, track, start + int(frame * SECOND / rate), frame, who, x, y))
    return rows


def _row(random: Random, camera: str, track: int, time: int, frame: int, who: Walker, x: float, y: float) -> dict[str, object]:
    named = who.role != "visitor" and track % 5 != 0
    noise = 0.05
    x, y = x + random.gauss(0, noise), y + random.gauss(0, noise)
    return {
        "camera": camera, "camera_version": f"{camera}-v1", "track": track, "time": time, "frame": frame, "segment": "5" * 64,
        "segment_time": frame * SECOND // 5, "person": who.name if named else UNKNOWN,
        "confidence": round(random.uniform(0.8, 0.99), 3) if named else 0.0, "role": who.role if named else UNKNOWN,
        "x": x, "y": y, "uncertainty": random.uniform(0.12, 0.4), "zone": zone_at(x, y),
        "x1": 10.0, "y1": 20.0, "x2": 60.0, "y2": 180.0, "score": 0.9,
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
                StaffMember(id=f"{role}-{number:02d}", role=role, department="ward 3", shift="07:00-19:00", badge=number)
                for number, role in enumerate(ROLES)
                if role != "visitor"
            )

    def furnish_zones(self, site: str, names: Iterable[str]) -> None:
        with self.database.session() as session:
            for name in names:
                kind, corners = (ZONES[name][0], polygon(name)) if name in ZONES else ("room", [])
                session.add(ZoneRow(site=site, name=name, kind=kind, polygon=corners))

    def write(self, rows: Sequence[dict[str, object]], run: str = RUN, minutes: float = 0.25) -> None:
        """Sighting files of about `minutes` each, per camera and hour."""
        parts: dict[tuple[str, int, int], list[dict[str, object]]] = {}
        for row in rows:
            time = int(row["time"])
            parts.setdefault((row["camera"], time // (3600 * SECOND), time // int(minutes * 60 * SECOND)), []).append(row)
        for (camera, hour, _), part in parts.items():
            at = datetime.fromtimestamp(hour * 3600, UTC)
            path = f"sightings/date={at:%Y-%m-%d}/hour={at:%H}/camera={camera}/{run}-{part[0]['time']}.parquet"
            buffer = io.BytesIO()
            pq.write_table(pa.Table.from_pylist(part), buffer)
            self.storage.write(path, buffer.getvalue())

    def place(self, rows: Sequence[dict[str, object]], run: str = RUN) -> None:
        """The positions after `rows`: the newest of each track."""
        newest = {(row["camera"], row["track"]): row for row in rows}.values()
        names = ("camera", "track", "time", "person", "role", "confidence", "x", "y", "uncertainty", "zone")
        with self.database.session() as session:
            for row in newest:
                session.merge(PositionRow(run=run, **{name: row[name] for name in names}))

    def began(self, run: str = "flow-run-1", started: int = NOON) -> None:
        """A row of a run of `track` that is at work."""
        with self.database.session() as session:
            session.add(
                RunRow(id=run, flow="track", status="running", overrides=["detector=hog"], config_digest="c" * 64,
                       started=started, finished=None, summary={}, published=False)
            )  # fmt: skip

    def ended(
        self, rows: Sequence[dict[str, object]], run: str = "flow-run-1", key: str = RUN, status: str = "completed"
    ) -> None:
        """The same row when the run is over."""
        times = [int(row["time"]) for row in rows] or [NOON]
        with self.database.session() as session:
            row = session.get_one(RunRow, run)
            row.status, row.finished = status, NOON + SECOND
            row.summary = {"run_key": key, "start": min(times), "end": max(times) + SECOND // 5}

    def report(self, *, failed: str = "") -> None:
        """The cameras' health after a run in which the camera `failed` could not be read."""
        message = "cannot open rtsp://10.0.3.14/stream: connection refused; check the cable and the address"
        with self.database.session() as session:
            for camera in CAMERAS:
                bad = camera == failed
                session.merge(
                    CameraHealth(camera=camera, run=RUN, state="failed" if bad else "ok", message=message if bad else "",
                                 last_frame=0 if bad else self.at(60), frames=0 if bad else 300, rejected=4,
                                 fps=0.0 if bad else 4.98)
                )  # fmt: skip

    def seen(self, camera: str, track: int, seconds: float, x: float, y: float, **known: object) -> dict[str, object]:
        """One sighting, `seconds` after `NOON`, of somebody unknown unless `known` says more."""
        row = {
            "camera": camera, "camera_version": f"{camera}-v1", "track": track, "time": self.at(seconds),
            "frame": 0, "segment": "5" * 64, "segment_time": 0, "person": UNKNOWN, "confidence": 0.0, "role": UNKNOWN,
            "x": x, "y": y, "uncertainty": 0.2, "zone": zone_at(x, y), "x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0, "score": 0.9,
        }  # fmt: skip
        return {**row, **known}

    def lose_database(self) -> None:
        """The file is gone, and so are the connections that had it open."""
        (self.folder / "data").rename(self.folder / "lost")
        self.database.engine.dispose()

    def find_database(self) -> None:
        (self.folder / "lost").rename(self.folder / "data")

    def track(self, seconds: float = 60, *, people: int = 12, failed: str = "") -> list[dict[str, object]]:
        """A whole run, finished."""
        rows = rows_of(seconds, people=people)
        self.furnish()
        self.began()
        self.write(rows)
        self.place(rows)
        self.ended(rows)
        self.report(failed=failed)
        return rows


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    ward = Ward(tmp_path)
    yield ward
    ward.database.close()
