"""The manifest of a dataset in the store, read in pieces: what is asked for decides how much of it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.contracts import InputError
from components.datasets.ranges import Ranges
from components.storage.storage import Storage

STEP = 32_768  # rows that are handed on at once
DAMAGED = (pa.ArrowException, OSError, UnicodeDecodeError)  # what Parquet files that were changed end in
NEAREST = 3  # frames that are named where the wanted one is not there
Bounds = tuple[Any, Any]  # lowest and highest value of a column in a row group


class Rows:
    """The rows of the manifest `path`, in order of camera and time. Raises InputError where it is not there, or damaged.

    Row groups are chosen by their statistics; at any time about one of them is in memory.
    """

    def __init__(self, storage: Storage, path: str) -> None:
        self._storage, self._path, self._bytes = storage, path, Ranges(storage, path)
        try:
            self._file = pq.ParquetFile(pa.PythonFile(self._bytes, mode="r"))
        except DAMAGED as error:
            raise self._damaged(error) from error
        self.schema: pa.Schema = self._file.schema_arrow
        self._columns = {self._file.metadata.schema.column(i).path: i for i in range(self._file.metadata.num_columns)}

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process opens it itself."""
        return type(self), (self._storage, self._path)

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    def batches(
        self, columns: Sequence[str], *, camera: str | None = None, since: int | None = None, until: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Some columns of the rows of one camera, or all, of fleet time `since` <= time < `until` (ns)."""
        if absent := [name for name in columns if name not in self.schema.names]:
            raise InputError(f"{self._path} has no {', '.join(absent)}: it is of an older version; prepare the dataset again")
        for group in self._groups(camera, since, until):
            yield from self._read(group, columns, camera, since, until)

    def find(self, camera: str, time: int) -> dict[str, Any]:
        """The row of the frame of `camera` at fleet time `time` (ns). InputError names the nearest where there is none."""
        for batch in self.batches(self.schema.names, camera=camera, since=time, until=time + 1):
            if batch.num_rows:
                row: dict[str, Any] = batch.slice(0, 1).to_pylist()[0]
                return row
        raise InputError(f"{self._path}: no frame of camera {camera} at {time}; {self._nearest(camera, time)}")

    def by_key(self, key: str) -> dict[str, Any]:
        """The row of the frame `key`. Raises InputError where there is none."""
        for group in range(self._file.metadata.num_row_groups):
            low, high = self._bounds(group, "key")
            if low is not None and not low <= key <= high:
                continue
            for batch in self._read(group, ["key", "camera", "time"]):
                if (at := pc.index(batch["key"], pa.scalar(key, pa.string())).as_py()) >= 0:
                    return self.find(batch["camera"][at].as_py(), batch["time"][at].as_py())
        raise InputError(f"{self._path}: no frame has the key {key}; expected one such as {self._example()}")

    def _groups(self, camera: str | None, since: int | None, until: int | None) -> list[int]:
        wanted = []
        for group in range(self._file.metadata.num_row_groups):
            (first, last), (low, high) = self._bounds(group, "camera"), self._bounds(group, "time")
            other = camera is not None and first is not None and not first <= camera <= last
            early = since is not None and high is not None and high < since
            late = until is not None and low is not None and low >= until
            if not (other or early or late):
                wanted.append(group)
        return wanted

    def _bounds(self, group: int, column: str) -> Bounds:
        statistics = self._file.metadata.row_group(group).column(self._columns[column]).statistics
        return (statistics.min, statistics.max) if statistics is not None and statistics.has_min_max else (None, None)

    def _read(self, group: int, columns: Sequence[str], *wanted: Any) -> Iterator[pa.RecordBatch]:
        """Batches of one row group; the bytes of its columns are read before, in as few pieces as is worth it."""
        needed = list(dict.fromkeys((*columns, "camera", "time")))
        try:
            self._bytes.hold([self._piece(group, i) for name, i in self._columns.items() if name.split(".")[0] in needed])
            for batch in self._file.iter_batches(STEP, row_groups=[group], columns=needed, use_threads=False):
                mask = _mask(batch, *wanted) if wanted else None
                yield (batch if mask is None else batch.filter(mask)).select(list(columns))
        except DAMAGED as error:
            raise self._damaged(error) from error

    def _piece(self, group: int, column: int) -> tuple[int, int]:
        """Where a column of a row group begins in the file, and its bytes."""
        chunk = self._file.metadata.row_group(group).column(column)
        first = chunk.data_page_offset if chunk.dictionary_page_offset is None else chunk.dictionary_page_offset
        return min(first, chunk.data_page_offset), chunk.total_compressed_size

    def _nearest(self, camera: str, time: int) -> str:
        times = [int(t) for batch in self.batches(["time"], camera=camera) for t in _closest(batch["time"], time)]
        if not times:
            return "it has no frame of that camera"
        near = sorted(sorted(set(times), key=lambda moment: abs(moment - time))[:NEAREST])
        return f"the nearest are at {', '.join(map(str, near))}"

    def _example(self) -> str:
        return next((str(batch["key"][0]) for batch in self.batches(["key"]) if batch.num_rows), "camera-time")

    def _damaged(self, error: Exception) -> InputError:
        why = " ".join(str(error).split())
        return InputError(f"{self._path} is damaged: {why}; prepare the dataset again with its raw footage")


def _mask(batch: pa.RecordBatch, camera: str | None, since: int | None, until: int | None) -> Any:
    """Which rows are wanted; None: all."""
    tests = [pc.equal(batch["camera"], pa.scalar(camera, pa.string()))] if camera is not None else []
    tests += [pc.greater_equal(batch["time"], pa.scalar(since, pa.int64()))] if since is not None else []
    tests += [pc.less(batch["time"], pa.scalar(until, pa.int64()))] if until is not None else []
    mask = None
    for test in tests:
        mask = test if mask is None else pc.and_(mask, test)
    return mask


def _closest(times: Any, time: int) -> Any:
    values = times.to_numpy()
    at = int(values.searchsorted(time))
    return values[max(0, at - NEAREST) : at + NEAREST]
