"""Keeps the moments that an earlier run was unsure of, or that two runs saw differently: where a label teaches most."""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts import Floats64, InputError, Moment
from components.storage.storage import Storage

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
SLACK = SECOND // 500  # ns: containers round times to the millisecond
NEAR = SECOND // 2  # ns: how late a frame may come that stands for a chosen moment
SAME = 0.5  # intersection over union of boxes that are the same person
COLUMNS = ["time", "score", "x1", "y1", "x2", "y2"]
Seen = dict[int, Floats64]  # fleet time of a frame that a run has looked at -> (n, 5) scores, and boxes xyxy of who was there


class Active:
    """The `per_hour` most doubtful moments of each hour (UTC) and camera, at least `apart` seconds from each other.

    `run` is the `run_key` (in its summary.json) of a track run that has written its sightings into the store. Its doubt about a
    frame is 1 - score of its least certain sighting. With `other`, a second run of the same footage, what counts is how much the
    two differ: the share of their sightings without a partner (boxes that overlap by half) in the other run. A doubt of less
    than `least` is none.
    """

    needs: Literal["times"] = "times"

    def __init__(
        self, run: str, *, storage: Storage, other: str | None = None, per_hour: int = 60, apart: float = 5.0,
        least: float = 0.3,
    ) -> None:  # fmt: skip
        if not run or run == other:
            raise InputError(f"run is {run!r}, other {other!r}; expected keys of track runs, two different ones if there are two")
        if per_hour < 1 or apart < 0 or not 0 < least <= 1:
            raise InputError(
                f"per_hour is {per_hour}, apart {apart}, least {least}; expected at least 1, at least 0, and above 0 up to 1"
            )
        self._runs, self._storage = (run, *([other] if other else [])), storage
        self._per_hour, self._apart, self._least = per_hour, round(apart * SECOND), least
        self._chosen: dict[str, list[int]] = {}  # camera -> fleet times, in order
        self._kept: tuple[str, int] | None = None

    def keep(self, moment: Moment) -> bool:
        """Whether this is the frame of a chosen moment."""
        if moment.camera not in self._chosen:
            self._chosen[moment.camera] = self._choose(moment.camera)
        chosen = self._chosen[moment.camera]
        place = bisect_right(chosen, moment.time + SLACK) - 1
        if place < 0 or moment.time - chosen[place] >= NEAR or self._kept == (moment.camera, chosen[place]):
            return False
        self._kept = (moment.camera, chosen[place])
        return True

    def _choose(self, camera: str) -> list[int]:
        """The moments of a camera, in order of time."""
        seen = [_seen(self._storage, run, camera) for run in self._runs]
        if len(seen) == 1:
            doubts = {time: float(1 - people[:, 0].min()) for time, people in seen[0].items() if len(people)}
        else:
            doubts = {
                time: _difference(people[:, 1:], seen[1][time][:, 1:]) for time, people in seen[0].items() if time in seen[1]
            }
        taken: dict[int, list[int]] = {}
        for time in sorted(doubts, key=lambda time: (-doubts[time], time)):
            hour = taken.setdefault(time // HOUR, [])
            near = [other for nearby in (-1, 0, 1) for other in taken.get(time // HOUR + nearby, ())]
            if (
                doubts[time] >= self._least
                and len(hour) < self._per_hour
                and all(abs(time - other) >= self._apart for other in near)
            ):
                hour.append(time)
        return sorted(time for hour in taken.values() for time in hour)


def _seen(storage: Storage, run: str, camera: str) -> Seen:
    """What a run has seen of a camera. Raises InputError where it has looked at nothing of any camera."""
    looked = [path for path in storage.list("frames") if path.rsplit("/", 1)[-1].startswith(f"{run}-")]
    if not looked:
        raise InputError(
            f"sampling: the store has no sightings of run {run!r}; expected the run_key in a summary.json of flows.track"
        )
    seen: Seen = {}
    for path in sorted(path for path in looked if f"/camera={camera}/" in path):
        people = _columns(storage, path.replace("frames/", "sightings/", 1), COLUMNS)
        times, rows = (
            people["time"].to_numpy(),
            np.column_stack([people[name].to_numpy() for name in COLUMNS[1:]]).astype(np.float64),
        )
        for time in _columns(storage, path, ["time"])["time"].to_pylist():
            begin, end = np.searchsorted(times, (time, time + 1))
            seen[time] = rows[begin:end]
    return seen


def _columns(storage: Storage, path: str, names: list[str]) -> pa.Table:
    with pq.ParquetFile(storage.fetch(path)) as file:  # not as a dataset: the folders' names would become columns
        return file.read(columns=names)


def _difference(one: Floats64, other: Floats64) -> float:
    """The share of boxes of both runs that the other one has not, 0..1."""
    if not len(one) or not len(other):
        return float(len(one) != len(other))
    low, high = np.maximum(one[:, None, :2], other[None, :, :2]), np.minimum(one[:, None, 2:], other[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (one, other)]
    overlap = common / np.maximum(areas[0][:, None] + areas[1][None] - common, 1e-9)
    pairs = 0
    while overlap.size and overlap.max() >= SAME:
        row, column = np.unravel_index(overlap.argmax(), overlap.shape)
        overlap[row], overlap[:, column], pairs = 0, 0, pairs + 1
    return 1 - 2 * pairs / (len(one) + len(other))
