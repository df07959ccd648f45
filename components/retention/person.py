"""What the records know of one person in one period: by name, and by the tracks and identities that were given that name."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.contracts import UNKNOWN, InputError
from components.retention.items import DAY, span_of
from components.storage.storage import Storage

How = Literal["remove", "pseudonymise"]
GROUP = 5_000  # rows that a reader of a short window has to look at, as where these files are made


@dataclass(frozen=True, slots=True)
class Request:
    """Who is to be erased, from when until before when (fleet time, ns), and how."""

    person: str
    start: int
    end: int
    how: How

    def __post_init__(self) -> None:
        if not self.person or self.person == UNKNOWN:
            raise InputError(f"person is {self.person!r}; expected the id of somebody on the roster, such as nurse_1")
        if self.start >= self.end:
            raise InputError("since is not before until; expected a period such as since=2026-03-02 until=2026-03-03")

    def touches(self, path: str) -> bool:
        """Whether a file of the store may have something of that time."""
        span = span_of(path)
        longer = DAY if path.startswith("lake/") else 0  # a stay lies in the day in which it began
        return span is not None and span.end + longer > self.start and span.start < self.end

    def plain(self) -> dict[str, Any]:
        return {"person": self.person, "start": self.start, "end": self.end, "how": self.how}


@dataclass(slots=True)
class Trace:
    """The tracks and identities that were called by the person's name in the period: their nameless rows are the person's too."""

    tracks: set[tuple[str, str, int]] = field(default_factory=set)  # run, camera, track
    identities: set[tuple[str, str]] = field(default_factory=set)  # run, identity
    moments: dict[str, list[int]] = field(default_factory=dict)  # by camera: fleet times at which the person was seen

    def plain(self) -> dict[str, Any]:
        return {"tracks": sorted(map(list, self.tracks)), "identities": sorted(map(list, self.identities))}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Trace:
        return cls({(run, camera, track) for run, camera, track in plain["tracks"]}, {(a, b) for a, b in plain["identities"]})


def trace(storage: Storage, request: Request) -> Trace:
    """Read all sightings and positions of the period, and what is known beside footage."""
    found = Trace()
    for path in files(storage, "raw", request):
        table, span = read(storage, path, ["time", "person"]), span_of(path)
        if span:
            found.moments.setdefault(span.camera, []).extend(table.filter(named(table, request))["time"].to_pylist())
    for path in files(storage, "sightings", request):
        table = read(storage, path, ["camera", "track", "time", "person"])
        mine = table.filter(named(table, request))
        rows = zip(*(mine[name].to_pylist() for name in ("camera", "track", "time")), strict=True)
        for camera, track, time in rows:
            found.tracks.add((run_of(path), camera, track))
            found.moments.setdefault(camera, []).append(time)
    for path in files(storage, "positions", request):
        table = read(storage, path, ["identity", "time", "person"])
        names = table.filter(named(table, request))["identity"].unique().to_pylist()
        found.identities.update((run_of(path), name) for name in names)
    found.moments = {camera: sorted(times) for camera, times in found.moments.items() if times}
    return found


def files(storage: Storage, prefix: str, request: Request) -> Iterator[str]:
    """The Parquet files below `prefix` that may have rows of the period."""
    return (path for path in storage.list(prefix) if path.endswith(".parquet") and request.touches(path))


def read(storage: Storage, path: str, columns: list[str] | None = None) -> pa.Table:
    return pq.read_table(io.BytesIO(storage.read(path)), columns=columns)


def to_bytes(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=GROUP)
    return sink.getvalue()


def run_of(path: str) -> str:
    """The run that a file of sightings, features or positions is of."""
    return path.rsplit("/", 1)[-1].rsplit("-", 1)[0]


def changed(path: str, table: pa.Table, request: Request, trace: Trace, token: str) -> tuple[pa.Table, int]:
    """`table` without the person, or with `token` in the place of the name, and the number of rows that this concerns.

    What they look like goes in both cases: it is theirs, whatever they are called. Truth beside footage says what is in
    pictures that are still there, so its boxes stay, without the name.
    """
    prefix = path.split("/", 1)[0]
    if prefix == "features":
        mine = pc.and_(_in_time(table, request), _of_tracks(table, path, trace))
        return table.filter(pc.invert(mine)), _count(mine)
    if prefix == "raw":
        mine = named(table, request)
        return _renamed(table, mine, token if request.how == "pseudonymise" else UNKNOWN), _count(mine)
    if prefix == "lake":
        mine = _in_lake(table, request)
        return _kept(table, mine, "person_key", request, token), _count(mine)
    mine = named(table, request)
    if request.how == "remove":
        nameless = pc.and_(_in_time(table, request), pc.equal(table["person"], UNKNOWN))
        whose = _of_tracks(table, path, trace) if prefix == "sightings" else _of_identities(table, path, trace)
        mine = pc.or_(mine, pc.and_(nameless, whose))
    return _kept(table, mine, "person", request, token), _count(mine)


def _kept(table: pa.Table, mine: Any, column: str, request: Request, token: str) -> pa.Table:
    if column not in table.column_names:
        return table
    return table.filter(pc.invert(mine)) if request.how == "remove" else _renamed(table, mine, token, column)


def _renamed(table: pa.Table, mine: Any, name: str, column: str = "person") -> pa.Table:
    """Another name, and no reason: that may say which badge was read."""
    values = {column: name} | ({"reason": ""} if "reason" in table.column_names else {})
    for key, value in values.items():
        at = table.schema.get_field_index(key)
        table = table.set_column(at, table.schema.field(at), pc.if_else(mine, value, table[key]))
    return table


def named(table: pa.Table, request: Request) -> Any:
    """Which rows (columns time and person) have the person's name in the period."""
    return pc.and_(_in_time(table, request), pc.equal(table["person"], request.person))


def _in_time(table: pa.Table, request: Request) -> Any:
    return pc.and_(pc.greater_equal(table["time"], request.start), pc.less(table["time"], request.end))


def _in_lake(table: pa.Table, request: Request) -> Any:
    """Facts of the person that reach into the period; a table without people has none."""
    times = [name for name in table.column_names if name.endswith("_ns")]
    if "person_key" not in table.column_names or not times:
        return pa.chunked_array([pa.array([False] * len(table), pa.bool_())])
    first = last = table[times[0]]
    if "left_utc" in table.column_names:
        left = pc.multiply(pc.cast(pc.cast(table["left_utc"], pa.timestamp("us", "UTC")), pa.int64()), 1000)
        first, last = pc.min_element_wise(first, left), pc.max_element_wise(last, left)
    within = pc.and_(pc.less(first, request.end), pc.greater_equal(last, request.start))
    return pc.and_(within, pc.equal(table["person_key"], request.person))


def _of_tracks(table: pa.Table, path: str, trace: Trace) -> Any:
    known = {(camera, track) for run, camera, track in trace.tracks if run == run_of(path)}
    pairs = zip(table["camera"].to_pylist(), table["track"].to_pylist(), strict=True)
    return pa.chunked_array([pa.array([pair in known for pair in pairs], pa.bool_())])


def _of_identities(table: pa.Table, path: str, trace: Trace) -> Any:
    names = {identity for run, identity in trace.identities if run == run_of(path)}
    views = {f"{camera}/{track}" for run, camera, track in trace.tracks if run == run_of(path)}
    rows = zip(table["identity"].to_pylist(), table["tracks"].to_pylist(), strict=True)
    return pa.chunked_array([pa.array([name in names or not views.isdisjoint(seen or ()) for name, seen in rows], pa.bool_())])


def _count(mine: Any) -> int:
    return int(pc.sum(mine).as_py() or 0)
