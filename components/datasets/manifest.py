"""What a dataset is made of: one row per frame that sampling kept, with the reason why it is in; its digest is the name."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts import digest_of

SCHEMA = pa.schema(
    {
        "key": pa.string(),  # name of the sample inside its shard
        "camera": pa.string(),
        "camera_version": pa.string(),
        "time": pa.int64(),  # fleet time, ns
        "clock_correction": pa.int64(),  # ns that were added to the camera's own clock to get there
        "segment": pa.string(),  # sha256 of the raw footage
        "segment_time": pa.int64(),  # ns since the segment's first frame
        "index": pa.int64(),
        "reason": pa.string(),  # kept, or why not
        "split": pa.string(),  # train, val, test; empty for what is not kept
        "labelled": pa.bool_(),
        "people": pa.int32(),  # number of labels
        "label_set": pa.string(),  # digest of the set that the label is from; empty for recorded truth and for no label
        "width": pa.int32(),
        "height": pa.int32(),
        "to_native": pa.list_(pa.float64(), 9),  # pixel of the picture -> native pixel, row by row
        "quality": pa.map_(pa.string(), pa.float32()),  # what the gates measured, by name
        "phash": pa.int64(),  # difference hash of the picture, 64 bits; 0 for what is not kept
        "sha256": pa.string(),  # of the encoded picture
        "label_sha256": pa.string(),
        "shard": pa.string(),
        "offset": pa.int64(),  # byte offset of the picture in its shard; -1 for what is not kept
        "size": pa.int64(),
        "label_offset": pa.int64(),
        "label_size": pa.int64(),
    }
)
# Where a frame lies is not what a dataset is: the same frames in other shards are the same dataset.
FOOTAGE = ("camera", "camera_version", "time", "clock_correction", "segment", "segment_time")
IDENTITY = (*FOOTAGE, "reason", "split", "labelled", "label_set", "sha256", "label_sha256")


def digest(rows: Sequence[Mapping[str, Any]], recipe: Mapping[str, Any]) -> str:
    """The name of the dataset with these rows, made by this recipe; the order of arrival does not matter."""
    whole = hashlib.sha256(digest_of(recipe).encode())
    for line in sorted(json.dumps([row[name] for name in IDENTITY], separators=(",", ":")) for row in rows):
        whole.update(line.encode())
    return whole.hexdigest()


def to_bytes(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The manifest as a Parquet file, in order of camera and time."""
    sink = io.BytesIO()
    ordered = sorted(rows, key=lambda row: (row["camera"], row["time"], row["segment"]))
    pq.write_table(pa.Table.from_pylist(ordered, schema=SCHEMA), sink)
    return sink.getvalue()


def from_bytes(content: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(content), schema=SCHEMA)
