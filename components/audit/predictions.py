"""Predictions by name: RUN/CAMERA/TRACK/TIME is one sighting, the time in ns of fleet time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.contracts import InputError
from components.storage import layout
from components.storage.storage import Storage

NAME = re.compile(r"(?P<run>[\w.-]+)/(?P<camera>[\w.-]+)/(?P<track>\d+)/(?P<time>\d+)")
NEAREST = 3  # sightings that are named where the wanted one is not there


@dataclass(frozen=True, slots=True)
class Prediction:
    """The name of one sighting."""

    run: str  # key of the track run
    camera: str
    track: int
    time: int  # fleet time, ns

    def __str__(self) -> str:
        return f"{self.run}/{self.camera}/{self.track}/{self.time}"


def parsed(word: str) -> Prediction:
    """The prediction that `word` names. Raises InputError where it is no such name."""
    match = NAME.fullmatch(word.strip())
    if match is None:
        raise InputError(
            f"prediction={word}: expected RUN/CAMERA/TRACK/TIME, such as 8e1231fe0ee5/bay_a/4/1793232000000000000; "
            "python -m flows.audit camera=... at=... names those of a moment"
        )
    return Prediction(match["run"], match["camera"], int(match["track"]), int(match["time"]))


def sighting(storage: Storage, wanted: Prediction) -> tuple[dict[str, Any], str]:
    """The row of a prediction, and the file that it stands in. Raises InputError that names the nearest ones."""
    for path, table in _tables(storage, "sightings", wanted.run, wanted.camera, wanted.time):
        mask = pc.and_(pc.equal(table["track"], wanted.track), pc.equal(table["time"], wanted.time))
        if rows := table.filter(mask).to_pylist():
            return rows[0], path
    raise InputError(f"prediction={wanted}: {_nearest(storage, wanted)}")


def looked_at(storage: Storage, run: str, camera: str, time: int) -> dict[str, Any] | None:
    """What the run's list of frames says of the frame of `camera` at `time`; None where it has not looked at it."""
    for _, table in _tables(storage, "frames", run, camera, time):
        if rows := table.filter(pc.equal(table["time"], time)).to_pylist():
            row: dict[str, Any] = rows[0]
            return row
    return None


def seen_at(storage: Storage, run: str, camera: str, time: int, *, within: int = 0) -> list[dict[str, Any]]:
    """The sightings of one camera and run at a moment (ns), or in those frames that are at most `within` ns from it."""
    found: list[dict[str, Any]] = []
    for _, table in _tables(storage, "sightings", run, camera, time):
        near = pc.and_(pc.greater_equal(table["time"], time - within), pc.less_equal(table["time"], time + within))
        found += table.filter(near).to_pylist()
    closest = min((abs(row["time"] - time) for row in found), default=0)
    return [row for row in found if abs(row["time"] - time) == closest]


def track(storage: Storage, wanted: Prediction) -> dict[str, Any]:
    """How long the run has followed the prediction's track: first and last fleet time (ns), sightings, names by frequency."""
    times, people = list[int](), dict[str, int]()
    for path in storage.list("sightings"):
        if _of(path, wanted.run, wanted.camera):
            table = _read(storage, path, ["track", "time", "person"])
            own = table.filter(pc.equal(table["track"], wanted.track))
            times += own["time"].to_pylist()
            for person in own["person"].to_pylist():
                people[person] = people.get(person, 0) + 1
    names = dict(sorted(people.items(), key=lambda item: (-item[1], item[0])))
    return {"sightings": len(times), "first": min(times, default=0), "last": max(times, default=0), "people": names}


def position(storage: Storage, wanted: Prediction) -> dict[str, Any] | None:
    """The place on the floor that the prediction was part of: the newest one at its moment that names its track."""
    name, newest = f"{wanted.camera}/{wanted.track}", None
    hour = layout.positions(wanted.time, wanted.run).rsplit("/", 1)[0]
    for path in storage.list(hour):
        if not path.rsplit("/", 1)[-1].startswith(f"{wanted.run}-"):
            continue
        table = _read(storage, path, None)
        near = pc.and_(pc.greater(table["time"], wanted.time - 10**9), pc.less_equal(table["time"], wanted.time))
        for row in table.filter(near).to_pylist():
            if name in row["tracks"] and (newest is None or row["time"] > newest["time"]):
                newest = row
    return newest


def runs_with(storage: Storage, camera: str, time: int) -> list[str]:
    """The keys of the track runs that have files of `camera` from the hour of `time`."""
    hour = layout.frames(camera, time, "any").rsplit("/", 1)[0]
    return sorted({path.rsplit("/", 1)[-1].rpartition("-")[0] for path in storage.list(hour)})


def _tables(storage: Storage, kind: str, run: str, camera: str, time: int) -> Iterator[tuple[str, pa.Table]]:
    """Files of one run and camera that may hold `time`: those of its hour, then, for files of more than an hour, the others."""
    hour = layout.sightings(camera, time, run).replace("sightings/", f"{kind}/", 1).rsplit("/", 1)[0]
    own = [path for path in storage.list(hour) if _of(path, run, camera)]
    yield from ((path, _read(storage, path, None)) for path in own)
    for path in storage.list(kind):
        if path not in own and _of(path, run, camera) and _begins(path) <= time:
            yield path, _read(storage, path, None)


def _of(path: str, run: str, camera: str) -> bool:
    return f"/camera={camera}/" in path and path.rsplit("/", 1)[-1].startswith(f"{run}-")


def _begins(path: str) -> int:
    return int(path.rsplit("-", 1)[-1].removesuffix(".parquet"))


def _read(storage: Storage, path: str, columns: Sequence[str] | None) -> pa.Table:
    try:
        return pq.read_table(io.BytesIO(storage.read(path)), columns=columns)
    except pa.ArrowException as error:
        raise InputError(f"{path} is damaged: {' '.join(str(error).split())}; track that footage again") from error


def _nearest(storage: Storage, wanted: Prediction) -> str:
    """What there is instead of a prediction that is not there."""
    rows = [
        row for _, table in _tables(storage, "sightings", wanted.run, wanted.camera, wanted.time) for row in table.to_pylist()
    ]
    if not rows:
        runs = runs_with(storage, wanted.camera, wanted.time)
        others = f"; runs that looked at that camera in that hour: {', '.join(runs)}" if runs else ""
        return f"run {wanted.run} has no sightings of camera {wanted.camera} in the store{others}"
    same = sorted(rows, key=lambda row: (row["track"] != wanted.track, abs(row["time"] - wanted.time)))[:NEAREST]
    names = ", ".join(str(Prediction(wanted.run, wanted.camera, row["track"], row["time"])) for row in same)
    return f"there is no such sighting; the nearest are {names}"
