"""Where the frames of one split stand, as records of fixed size: in memory while they are few, else in a local file."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

RECORD = np.dtype(
    [
        ("time", "<i8"),
        ("offset", "<i8"),  # bytes in the shard
        ("label_offset", "<i8"),
        ("size", "<i4"),
        ("label_size", "<i4"),
        ("camera", "<i4"),  # numbers of names in the index
        ("shard", "<i4"),
        ("view", "<i4"),
        ("sha256", "u1", 32),
        ("label_sha256", "u1", 32),
    ]
)
NUMBERS = ("time", "offset", "label_offset", "size", "label_size")
COLUMNS = (*NUMBERS, "camera", "shard", "to_native", "width", "height", "sha256", "label_sha256")
DIGITS = 64  # of a sha256 in hex
FEW = 500_000  # records that stay in memory, 54 MB
Records = NDArray[Any]  # (n,) of RECORD


class Index:
    """Records by position, in the order in which they came. A pickled index is read from the same local file."""

    def __init__(self, batches: Iterable[pa.RecordBatch], *, few: int = FEW) -> None:
        self.cameras: list[str] = []
        self.shards: list[str] = []
        self.views: list[tuple[tuple[float, ...], int, int]] = []  # pixel of the picture -> native pixel, width, height
        self._numbers: tuple[dict[Any, int], dict[Any, int], dict[Any, int]] = ({}, {}, {})
        self._count, self._path, self._open = 0, "", -1
        self._kept: Records = np.zeros(0, RECORD)
        self._fill(batches, few)

    def __len__(self) -> int:
        return self._count

    def read(self, start: int, stop: int) -> Records:
        """The records from `start` until before `stop`; fewer where the index ends."""
        if not self._path:
            return self._kept[start:stop]
        if self._open < 0:
            self._open = os.open(self._path, os.O_RDONLY)
            weakref.finalize(self, os.close, self._open)
        start, stop = min(start, self._count), min(stop, self._count)
        content = os.pread(
            self._open, max(0, stop - start) * RECORD.itemsize, start * RECORD.itemsize
        )  # knows no position: forks may share it
        return np.frombuffer(content, RECORD)

    def take(self, positions: Sequence[int] | NDArray[np.int64]) -> Records:
        """The records at these positions."""
        if not self._path:
            return self._kept[np.asarray(positions, np.int64)]
        found = [self.read(int(position), int(position) + 1) for position in positions]
        return np.concatenate(found) if found else np.zeros(0, RECORD)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": -1, "_numbers": ({}, {}, {})}

    def _fill(self, batches: Iterable[pa.RecordBatch], few: int) -> None:
        waiting: list[Records] = []
        for batch in batches:
            records = self._encoded(batch)
            self._count += len(records)
            waiting.append(records)
            if self._path or self._count > few:
                self._spill(waiting)
                waiting = []
        self._kept = np.concatenate(waiting) if waiting else self._kept

    def _spill(self, waiting: Sequence[Records]) -> None:
        if not self._path:
            handle, self._path = tempfile.mkstemp(prefix="wardflow-", suffix=".index")
            os.close(handle)
            weakref.finalize(self, _removed, self._path, os.getpid())
        with Path(self._path).open("ab") as file:
            for records in waiting:
                file.write(records.tobytes())

    def _encoded(self, batch: pa.RecordBatch) -> Records:
        records = np.zeros(batch.num_rows, RECORD)
        for name in NUMBERS:
            records[name] = batch[name].to_numpy()
        records["camera"] = _coded(batch["camera"], self.cameras, self._numbers[0])
        records["shard"] = _coded(batch["shard"], self.shards, self._numbers[1])
        records["view"] = self._view(batch)
        for name in ("sha256", "label_sha256"):
            records[name] = _unhexed(batch[name])
        return records

    def _view(self, batch: pa.RecordBatch) -> NDArray[np.int32]:
        """A camera's frames have nearly always the view of the one before: looked up where it changes."""
        matrices = batch["to_native"].flatten().to_numpy(zero_copy_only=False).reshape(-1, 9)
        sizes = np.stack([batch[name].to_numpy() for name in ("width", "height")], axis=1).astype(np.float64)
        whole = np.concatenate([matrices, sizes], axis=1)
        changed = np.ones(len(whole), bool)
        changed[1:] = (whole[1:] != whole[:-1]).any(axis=1)
        numbers = np.zeros(len(whole), np.int32)
        for at in np.flatnonzero(changed):
            *matrix, width, height = whole[at].tolist()
            numbers[at] = _number((tuple(matrix), int(width), int(height)), self.views, self._numbers[2])
        return numbers[np.maximum.accumulate(np.where(changed, np.arange(len(whole)), 0))] if len(whole) else numbers


def _number(value: Any, values: list[Any], numbers: dict[Any, int]) -> int:
    if value not in numbers:
        numbers[value] = len(values)
        values.append(value)
    return numbers[value]


def _coded(column: Any, values: list[str], numbers: dict[Any, int]) -> NDArray[np.int32]:
    encoded = pc.dictionary_encode(column)
    codes = np.array([_number(name, values, numbers) for name in encoded.dictionary.to_pylist()], np.int32)
    return np.asarray(codes[encoded.indices.to_numpy()], np.int32)


def _unhexed(column: Any) -> NDArray[np.uint8]:
    """Hex digits as bytes, (n, 32); what is no digest of sha256 becomes zeros, which no content has."""
    with suppress(ValueError):
        if column.null_count == 0 and pc.all(pc.equal(pc.binary_length(column), DIGITS)).as_py():
            offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset :]
            digits = column.buffers()[2][offsets[0] :][: len(column) * DIGITS]
            return np.frombuffer(bytes.fromhex(str(memoryview(digits), "ascii")), np.uint8).reshape(-1, 32)
    return np.stack([_digest(value) for value in column.to_pylist()]) if len(column) else np.zeros((0, 32), np.uint8)


def _digest(value: Any) -> NDArray[np.uint8]:
    try:
        return np.frombuffer(bytes.fromhex(value).ljust(32, b"\0")[:32], np.uint8)
    except (TypeError, ValueError):
        return np.zeros(32, np.uint8)


def _removed(path: str, owner: int) -> None:
    """The process that made a file removes it, and not one that was forked from it."""
    if os.getpid() == owner:
        Path(path).unlink(missing_ok=True)
