"""What one dataset has that another has not: frames by camera and hour, and the recipes that made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from components.contracts import Progress
from components.datasets.catalogue import questions
from components.datasets.dataset import StoredDataset
from components.datasets.rows import Rows

KEY = ("camera", "time")
COMPARED = {  # column of the manifest -> what a difference in it is called
    "sha256": "picture", "label_sha256": "label", "split": "split", "camera_version": "camera version", "segment": "footage",
}  # fmt: skip
COLUMNS = (*KEY, "reason", *COMPARED)
STEP = 131_072  # rows that are compared at once
EXAMPLES = 10
NOT_RECIPE = frozenset({"digest", "frames"})

JOIN = f"""
    CREATE OR REPLACE TEMP TABLE paired AS
    SELECT coalesce(a.camera, b.camera) AS camera, coalesce(a.time, b.time) AS time,
           a.reason IS NOT DISTINCT FROM 'kept' AS before, b.reason IS NOT DISTINCT FROM 'kept' AS after,
           coalesce(b.reason, '') AS reason, {", ".join(f"a.{c} IS DISTINCT FROM b.{c} AS other_{c}" for c in COMPARED)}
    FROM a FULL OUTER JOIN b ON a.camera = b.camera AND a.time = b.time
    WHERE before OR after
"""
ANY = " OR ".join(f"other_{c}" for c in COMPARED)
HOURS = f"""
    SELECT camera, (time // 3600000000000)::BIGINT AS hour, count(*) FILTER (after AND NOT before) AS added,
           count(*) FILTER (before AND NOT after) AS removed, count(*) FILTER (before AND after AND ({ANY})) AS changed,
           count(*) FILTER (before AND after AND NOT ({ANY})) AS same,
           {", ".join(f"count(*) FILTER (before AND after AND other_{c}) AS {c}" for c in COMPARED)}
    FROM paired GROUP BY ALL
"""
LOST = "SELECT reason, count(*) FROM paired WHERE before AND NOT after AND reason <> '' GROUP BY reason"
SOME = f"""
    SELECT camera, time, before, after, {", ".join(f"other_{c}" for c in COMPARED)} FROM paired
    WHERE NOT (before AND after) OR {ANY}
"""


@dataclass(slots=True)
class Hour:
    """Frames of one camera in one hour (UTC, hours since 1970)."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0


@dataclass(slots=True)
class Difference:
    """From dataset `a` to dataset `b`."""

    hours: dict[tuple[str, int], Hour] = field(default_factory=dict)  # (camera, hour) -> frames
    changes: dict[str, int] = field(default_factory=dict)  # what is different in changed frames -> how many
    reasons: dict[str, int] = field(default_factory=dict)  # why frames of `a` are rejected in `b` -> how many
    recipe: list[tuple[str, Any, Any]] = field(default_factory=list)  # key, value in `a`, value in `b`; None: not there
    examples: list[tuple[str, int, str]] = field(default_factory=list)  # camera, time, what became of the frame

    def total(self, what: str) -> int:
        return sum(getattr(hour, what) for hour in self.hours.values())


def difference(a: StoredDataset, b: StoredDataset, *, progress: Progress = lambda _done, _total: None) -> Difference:
    """Both manifests pass by side by side in order of camera and time; about `STEP` rows of each are in memory."""
    found = Difference(recipe=recipes(a.about, b.about))
    done = 0
    with questions() as connection:
        for left, right in _pairs(a.rows, b.rows):
            _compare(connection, left, right, found)
            done += left.num_rows + right.num_rows
            progress(done, len(a.rows) + len(b.rows))
    return found


def recipes(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Keys of dataset.json, with dots, that have not the same value."""
    left, right = (dict(_flat({k: v for k, v in about.items() if k not in NOT_RECIPE}, "")) for about in (a, b))
    keys = dict.fromkeys([*left, *right])
    return [(key, left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)]


def _compare(connection: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table, found: Difference) -> None:
    connection.register("a", left)
    connection.register("b", right)
    connection.execute(JOIN)
    for camera, hour, added, removed, changed, same, *columns in connection.execute(HOURS).fetchall():
        entry = found.hours.setdefault((camera, hour), Hour())
        entry.added, entry.removed = entry.added + added, entry.removed + removed
        entry.changed, entry.same = entry.changed + changed, entry.same + same
        for name, count in zip(COMPARED.values(), columns, strict=True):
            if count:
                found.changes[name] = found.changes.get(name, 0) + count
    for reason, count in connection.execute(LOST).fetchall():
        found.reasons[reason] = found.reasons.get(reason, 0) + count
    if (room := EXAMPLES - len(found.examples)) > 0:
        rows = connection.execute(f"{SOME} ORDER BY camera, time LIMIT {room}").fetchall()
        found.examples += [(camera, time, _became(before, after, flags)) for camera, time, before, after, *flags in rows]


def _became(before: bool, after: bool, flags: list[bool]) -> str:
    if not (before and after):
        return "removed" if before else "added"
    return f"other {', '.join(name for name, other in zip(COMPARED.values(), flags, strict=True) if other)}"


def _pairs(a: Rows, b: Rows) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Pieces of both that have the same bounds, so that no frame's partner is in another piece."""
    streams = [_pieces(a), _pieces(b)]
    held: list[pa.Table | None] = [next(streams[0], None), next(streams[1], None)]
    while any(table is not None for table in held):
        bound = min(_last(table) for table in held if table is not None)
        cuts = [0 if table is None else _until(table, bound) for table in held]
        empty = next(table for table in held if table is not None).slice(0, 0)
        left, right = (empty if table is None else table.slice(0, cut) for table, cut in zip(held, cuts, strict=True))
        yield left, right
        held = [_rest(table, cut, stream) for table, cut, stream in zip(held, cuts, streams, strict=True)]


def _rest(table: pa.Table | None, cut: int, stream: Iterator[pa.Table]) -> pa.Table | None:
    if table is None or cut == table.num_rows:
        return next(stream, None)
    return table.slice(cut)


def _pieces(rows: Rows) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for batch in rows.batches(COLUMNS):
        if batch.num_rows:
            waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= STEP:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _last(table: pa.Table) -> tuple[str, int]:
    return table["camera"][-1].as_py(), table["time"][-1].as_py()


def _until(table: pa.Table, bound: tuple[str, int]) -> int:
    """How many rows come no later than `bound`."""
    camera, time = bound
    before = pc.less(table["camera"], camera)
    there = pc.and_(pc.equal(table["camera"], camera), pc.less_equal(table["time"], time))
    return int(pc.sum(pc.or_(before, there)).as_py() or 0)


def _flat(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    match value:
        case Mapping() if value:
            for key, item in value.items():
                yield from _flat(item, f"{at}.{key}" if at else str(key))
        case list() if value:
            for i, item in enumerate(value):
                yield from _flat(item, f"{at}[{i}]")
        case _:
            yield at, value
