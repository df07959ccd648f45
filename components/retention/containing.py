"""Which pictures a person is in: footage, and frames of datasets, by their labels and by where the person was seen when."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import select

from components.contracts import KEPT
from components.database.database import Database
from components.database.schema import SegmentRow
from components.retention.person import Request, named, read
from components.storage import layout
from components.storage.storage import Storage

NEAR = 500_000_000  # ns between a frame and a sighting on the same camera, within which the person is in the picture
ROWS = 10_000  # of a manifest, in memory at once
COLUMNS = ("key", "camera", "time", "reason", "split", "labelled", "people", "shard", "label_offset", "label_size")


@dataclass(slots=True)
class Containing:
    """The frames of one dataset that show the person."""

    dataset: str  # digest
    frames: dict[str, str] = field(default_factory=dict)  # key -> how it is known: label, sighting
    splits: dict[str, int] = field(default_factory=dict)


def datasets(storage: Storage, request: Request, moments: Mapping[str, Sequence[int]]) -> Iterator[Containing]:
    """Every whole dataset with frames that show the person: its label says so, or a camera saw them at that moment."""
    for path in storage.list("datasets"):
        parts = path.split("/")
        if parts[-1] != "manifest.parquet" or len(parts) != 3:
            continue
        found = Containing(parts[1])
        for row, how in _frames(storage, parts[1], request, moments):
            found.frames[row["key"]] = how
            found.splits[row["split"]] = found.splits.get(row["split"], 0) + 1
        if found.frames:
            yield found


def _frames(
    storage: Storage, digest: str, request: Request, moments: Mapping[str, Sequence[int]]
) -> Iterator[tuple[dict[str, Any], str]]:
    folder = layout.dataset(digest)
    with pq.ParquetFile(storage.fetch(f"{folder}/manifest.parquet")) as file:
        for batch in file.iter_batches(ROWS, columns=list(COLUMNS)):
            rows = [row for row in batch.to_pylist() if row["reason"] == KEPT and request.start <= row["time"] < request.end]
            shown = _labelled(storage, folder, rows, request.person)
            for row in rows:
                if row["key"] in shown:
                    yield row, "label"
                elif seen(moments.get(row["camera"], ()), row["time"]):
                    yield row, "sighting"


def _labelled(storage: Storage, folder: str, rows: Sequence[Mapping[str, Any]], person: str) -> set[str]:
    """The keys of the frames whose label names the person."""
    wanted = [row for row in rows if row["labelled"] and row["people"]]
    pieces = [(f"{folder}/{row['shard']}", row["label_offset"], row["label_size"]) for row in wanted]
    contents = storage.read_ranges(pieces)
    return {row["key"] for row, content in zip(wanted, contents, strict=True) if person in json.loads(content).get("people", ())}


def seen(times: Sequence[int], time: int) -> bool:
    """Whether somebody who was seen at `times` (sorted, ns) on a camera is in its frame of `time`."""
    at = bisect_left(times, time - NEAR)
    return at < len(times) and times[at] <= time + NEAR


def label_sets(storage: Storage, request: Request) -> dict[str, int]:
    """Sets of labels that name the person in the period: digest, and how many boxes."""
    found: dict[str, int] = {}
    for path in storage.list("labels"):
        if path.endswith("/labels.parquet"):
            table = read(storage, path, ["time", "person"])
            found[path.split("/")[1]] = int(pc.sum(named(table, request)).as_py() or 0)
    return {digest: boxes for digest, boxes in found.items() if boxes}


def segments(database: Database, moments: Mapping[str, Sequence[int]]) -> list[tuple[str, int, str]]:
    """Path, size and sha256 of the footage that shows the person: a camera saw them while it was recorded."""
    found: list[tuple[str, int, str]] = []
    columns = (SegmentRow.path, SegmentRow.bytes, SegmentRow.sha256, SegmentRow.start, SegmentRow.end)
    for camera, times in sorted(moments.items()):
        there = (
            SegmentRow.camera == camera,
            SegmentRow.deleted.is_(None),
            SegmentRow.start <= times[-1],
            SegmentRow.end > times[0],
        )
        with database.session() as session:
            for path, size, sha256, start, end in session.execute(select(*columns).where(*there).order_by(SegmentRow.start)):
                at = bisect_left(times, start)
                if at < len(times) and times[at] < end:
                    found.append((path, size, sha256))
    return found
