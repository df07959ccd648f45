"""Ground truth of recorded footage, in Parquet beside each segment."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.contracts import Segment, Truth
from components.storage import layout
from components.storage.storage import Storage

CLOSE = 2_000_000  # ns; a container may round the time of a frame to its own unit

SCHEMA = pa.schema(
    [
        ("time", pa.int64()),
        ("frame", pa.int64()),
        ("person", pa.string()),
        ("role", pa.string()),
        ("x1", pa.float32()),
        ("y1", pa.float32()),
        ("x2", pa.float32()),
        ("y2", pa.float32()),
        ("x", pa.float64()),
        ("y", pa.float64()),
        ("visibility", pa.float32()),
    ]
)


def write_truth(storage: Storage, path: str, truths: Sequence[Truth]) -> None:
    """One row per person and frame; a frame without people has one row with an empty person, so that it counts as known."""
    rows = [row for index, truth in enumerate(truths) for row in _rows(index, truth)]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), sink)
    storage.write(path, sink.getvalue())


def read_truth(storage: Storage, path: str) -> list[Truth]:
    """One Truth per frame, in order."""
    table = pq.read_table(io.BytesIO(storage.read(path)))
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}
    edges = np.flatnonzero(np.diff(columns["frame"], prepend=-1, append=-2))
    return [_truth(columns, slice(a, b)) for a, b in pairwise(edges)]


def _rows(index: int, truth: Truth) -> Iterator[dict[str, object]]:
    if not truth.people:
        yield dict.fromkeys(SCHEMA.names, 0) | {"time": truth.time, "frame": index, "person": "", "role": ""}
    for i, person in enumerate(truth.people):
        x1, y1, x2, y2 = truth.boxes[i].tolist()
        x, y = truth.floor[i].tolist()
        yield {
            "time": truth.time, "frame": index, "person": person, "role": truth.roles[i],
            "x1": x1, "y1": y1, "x2": x2, "y2": y2, "x": x, "y": y, "visibility": float(truth.visibility[i]),
        }  # fmt: skip


def _truth(columns: dict[str, np.ndarray], rows: slice) -> Truth:
    there = columns["person"][rows] != ""
    cut = {name: column[rows][there] for name, column in columns.items()}
    boxes = np.stack([cut[name] for name in ("x1", "y1", "x2", "y2")], axis=1).astype(np.float32)
    floor = np.stack([cut["x"], cut["y"]], axis=1).astype(np.float64)
    time = int(columns["time"][rows][0])
    return Truth(time, boxes, tuple(cut["person"]), tuple(cut["role"]), floor, cut["visibility"].astype(np.float32))


def truth_of_frames(storage: Storage, segments: Sequence[Segment], frames: pa.Table) -> dict[str, dict[int, Truth]]:
    """What is known about frames that were looked at (columns camera, time, frame), by camera and frame index.

    Frames are found by their fleet time, to within `CLOSE`, in the recorded truth of `segments`; the others are left out.
    """
    known: dict[str, list[Truth]] = {}
    for segment in segments:
        path = layout.truth(segment.path)
        if storage.exists(path):
            known.setdefault(segment.camera.id, []).extend(read_truth(storage, path))
    found: dict[str, dict[int, Truth]] = {}
    for camera, truths in known.items():
        times = np.array([truth.time for truth in truths])
        for row in frames.filter(pc.field("camera") == camera).to_pylist():
            nearest = int(np.abs(times - row["time"]).argmin())
            if abs(int(times[nearest]) - row["time"]) <= CLOSE:
                found.setdefault(camera, {})[row["frame"]] = truths[nearest]
    return found
