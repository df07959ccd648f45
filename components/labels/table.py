"""The one table that all labels become: who is in which picture of which camera, in native pixels, and its digest."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.contracts import Floats64, InputError
from components.geometry import transform_boxes
from components.labels.marked import Box, Export, Marked

SCHEMA = pa.schema(
    {
        "camera": pa.string(),
        "camera_version": pa.string(),  # that it was when the picture was taken: labels hold for that view only
        "time": pa.int64(),  # fleet time, ns
        "person": pa.string(),  # or track; unknown; empty in the only row of a picture with nobody in it
        "role": pa.string(),
        "x1": pa.float32(),  # native pixels, to a hundredth
        "y1": pa.float32(),
        "x2": pa.float32(),
        "y2": pa.float32(),
        "visibility": pa.float32(),  # 0..1
        "score": pa.float32(),  # 0..1; 1 where people have looked
    }
)
BOX = ("x1", "y1", "x2", "y2")


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a picture was taken."""

    camera: str
    version: str
    time: int  # fleet time, ns
    to_native: Floats64  # (3, 3) pixel of the picture -> native pixel
    size: tuple[int, int] = (0, 0)  # width and height of the picture; (0, 0): not known


def bound(export: Export, place: Callable[[Marked], Place]) -> pa.Table:
    """What an export says, as the common table, in order of camera and time. Raises InputError that names file and entry."""
    rows: list[dict[str, Any]] = []
    seen: dict[tuple[str, int], str] = {}
    for marked in export.pictures:
        at = place(marked)
        if first := seen.get((at.camera, at.time)):
            raise InputError(
                f"labels {marked.where}: the picture of {at.camera} at {at.time} ns is there twice, first in {first}; "
                "expected every picture once"
            )
        seen[at.camera, at.time] = marked.where
        rows += _rows(marked, at)
    return ordered(pa.Table.from_pylist(rows, schema=SCHEMA))


def ordered(table: pa.Table) -> pa.Table:
    """The same rows, in the one order that they have in every set."""
    names = ("camera", "time", *BOX, "person", "role", "visibility", "score")
    return table.take(pc.sort_indices(table, sort_keys=[(name, "ascending") for name in names])).combine_chunks()


def digest(table: pa.Table, state: str) -> str:
    """The name of a set with these rows (in order) and this state; how Parquet writes them does not matter."""
    whole = hashlib.sha256(f"labels {state} {len(table)}\n".encode())
    for field in SCHEMA:
        column = table[field.name]
        if pa.types.is_string(field.type):
            whole.update("\n".join(column.to_pylist()).encode())
        else:
            kind = "<i8" if pa.types.is_integer(field.type) else "<f4"
            whole.update(np.ascontiguousarray(column.to_numpy(), kind).tobytes())
    return whole.hexdigest()


def to_bytes(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def from_bytes(content: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(content), schema=SCHEMA)


def pictures(table: pa.Table) -> int:
    """How many pictures have been looked at."""
    return len(table.group_by(["camera", "time"]).aggregate([]))


def boxes(table: pa.Table) -> int:
    return int(pc.sum(pc.not_equal(table["person"], "")).as_py() or 0)


def views(table: pa.Table) -> list[dict[str, Any]]:
    """Every camera and version: camera, version, frames, first and last (ns)."""
    moments = table.group_by(["camera", "camera_version", "time"]).aggregate([])
    found = moments.group_by(["camera", "camera_version"]).aggregate([("time", "count"), ("time", "min"), ("time", "max")])
    names = {"camera_version": "version", "time_count": "frames", "time_min": "first", "time_max": "last"}
    rows = found.rename_columns([names.get(name, name) for name in found.column_names]).to_pylist()
    return sorted(rows, key=lambda row: (row["camera"], row["first"], row["version"]))


def _rows(marked: Marked, at: Place) -> Iterator[dict[str, Any]]:
    about = {"camera": at.camera, "camera_version": at.version, "time": at.time}
    if all(marked.size) and all(at.size) and marked.size != at.size:
        raise InputError(
            f"labels {marked.where}: its picture is {marked.size[0]}x{marked.size[1]}; expected {at.size[0]}x{at.size[1]}, "
            "as the picture of that camera and time is"
        )
    if not marked.boxes:
        yield {**about, "person": "", "role": "", **dict.fromkeys((*BOX, "visibility", "score"), 0.0)}
        return
    corners = np.array([box.xyxy for box in marked.boxes], np.float64)
    if marked.shares:
        size = at.size if all(at.size) else marked.size
        if not all(size):
            raise InputError(
                f"labels {marked.where}: its boxes are shares of a picture whose size nobody knows; "
                "give dataset=..., whose pictures were labelled, or size=[WIDTH,HEIGHT]"
            )
        corners *= [*size, *size]
    native = np.round(transform_boxes(at.to_native, corners), 2).tolist()
    for box, corner in zip(marked.boxes, native, strict=True):
        yield {**about, **_who(box), **dict(zip(BOX, corner, strict=True))}


def _who(box: Box) -> dict[str, Any]:
    return {"person": box.person, "role": box.role, "visibility": box.visibility, "score": box.score}
