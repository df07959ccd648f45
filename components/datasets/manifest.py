"""What a dataset is made of: one row per frame that sampling kept, with the reason why it is in; its digest is the name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.contracts import InputError, digest_of

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
ORDER = ("camera", "time")  # of rows; no two are alike in both
STEP = 65_536  # rows that the digest sees at once; part of its definition
GROUP = 32_768  # rows of a row group: what a reader has to read for one frame


def key_of(camera: str, time: int) -> str:
    """The name of a frame (fleet time in ns): WebDataset takes what comes after the first dot for the kind of file."""
    return f"{quote(camera, safe='').replace('.', '%2E')}-{time}"


def digest(batches: Iterable[pa.RecordBatch], recipe: Mapping[str, Any]) -> str:
    """The name (64 hex digits) of the dataset with these rows, made by this recipe.

    `batches` come in order of camera and time, with the columns of IDENTITY among theirs, cut however they may be; about STEP
    rows are in memory. Raises InputError where they are not in order, or one moment of a camera is there twice.
    """
    whole, count, last = hashlib.sha256(digest_of(recipe).encode()), 0, None
    for table in _even(batches):
        last = _in_order(table, last)
        for name in IDENTITY:
            for content in _canonical(table[name].cast(SCHEMA.field(name).type).combine_chunks()):
                whole.update(content)
        count += table.num_rows
    whole.update(count.to_bytes(8, "little"))
    return whole.hexdigest()


class Writer:
    """A manifest as a local Parquet file, row group by row group. The same rows give the same bytes, however they are cut."""

    def __init__(self, path: Path, schema: pa.Schema = SCHEMA) -> None:
        self.path, self._schema = path, schema
        self._file = pq.ParquetWriter(path, schema, compression="zstd")
        self._waiting: list[pa.Table] = []
        self._rows = 0

    def write(self, table: pa.Table) -> None:
        self._waiting.append(table.select(self._schema.names).cast(self._schema))
        self._rows += table.num_rows
        while self._rows >= GROUP:
            self._flush(GROUP)

    def close(self) -> None:
        if self._rows:
            self._flush(self._rows)
        self._file.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _flush(self, rows: int) -> None:
        whole = pa.concat_tables(self._waiting)
        self._file.write_table(whole.slice(0, rows).combine_chunks(), row_group_size=rows)
        self._waiting = [whole.slice(rows)]
        self._rows -= rows


def _even(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The same rows in pieces of STEP, the last one shorter."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch.select(list(IDENTITY)))
        rows += batch.num_rows
        while rows >= STEP:
            whole = pa.Table.from_batches(waiting)
            yield whole.slice(0, STEP)
            waiting, rows = whole.slice(STEP).to_batches(), rows - STEP
    if rows:
        yield pa.Table.from_batches(waiting)


def _in_order(table: pa.Table, last: tuple[str, int] | None) -> tuple[str, int]:
    """The last camera and time of a table that goes on after `last`, strictly upwards."""
    cameras, times = (table[name].combine_chunks() for name in ORDER)
    before, after = (cameras[:-1], cameras[1:])
    later = pc.and_(pc.equal(before, after), pc.less(times[:-1], times[1:]))
    upwards = pc.or_(pc.less(before, after), later)
    first = (cameras[0].as_py(), times[0].as_py())
    if last is not None and not last < first:
        raise _disordered(first)
    if (at := pc.index(upwards, False).as_py()) >= 0:
        raise _disordered((cameras[at + 1].as_py(), times[at + 1].as_py()))
    return cameras[-1].as_py(), times[-1].as_py()


def _disordered(frame: tuple[str, int]) -> InputError:
    return InputError(
        f"manifest: the frame of camera {frame[0]} at {frame[1]} ns comes late, or twice; expected rows in order of camera and "
        "time; prepare the dataset again"
    )


def _canonical(column: pa.Array) -> Iterator[bytes | memoryview]:
    """The values of a column as bytes that are the same on every machine: numbers little-endian, texts after their lengths."""
    if column.null_count:
        raise InputError(f"manifest: {column.null_count} values are missing in a column that has none; prepare the dataset again")
    if pa.types.is_string(column.type):
        offsets = np.frombuffer(column.buffers()[1], "<i4")[column.offset : column.offset + len(column) + 1]
        yield np.diff(offsets).astype("<i4").tobytes()
        if content := column.buffers()[2]:
            yield memoryview(content)[offsets[0] : offsets[-1]]
    else:
        kind = "u1" if pa.types.is_boolean(column.type) else "<i8"
        yield column.to_numpy(zero_copy_only=False).astype(kind).tobytes()
