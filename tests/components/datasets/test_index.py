from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components.datasets.index import COLUMNS, RECORD, Index
from components.datasets.rows import Rows
from components.storage.storage import Storage
from tests.made_datasets import make, shots


@pytest.fixture
def batches(tmp_path: Path) -> list[pa.RecordBatch]:
    digest = make(tmp_path, shots(), limit=5000)
    rows = Rows(Storage(str(tmp_path)), f"datasets/{digest}/manifest.parquet")
    (whole,) = rows.batches(COLUMNS)
    return [whole.slice(0, 7), whole.slice(7, 0), whole.slice(7)]


def test_in_memory_and_in_a_file_are_the_same(batches: list[pa.RecordBatch]) -> None:
    memory, file = Index(batches), Index(batches, few=3)
    assert len(memory) == len(file) == 20
    assert np.array_equal(memory.read(0, 20), file.read(0, 99))
    assert np.array_equal(memory.take([19, 0, 7]), file.take([19, 0, 7]))
    assert memory.read(5, 8).dtype == RECORD and len(file.read(20, 30)) == len(file.take([])) == 0
    assert (memory.cameras, memory.shards) == (file.cameras, file.shards) and len(memory.shards) > 2


def test_records_say_what_the_manifest_says(batches: list[pa.RecordBatch]) -> None:
    index = Index(batches)
    row, record = batches[2].slice(2, 1).to_pylist()[0], index.read(9, 10)[0]
    assert [int(record[name]) for name in ("time", "offset", "size")] == [row["time"], row["offset"], row["size"]]
    assert (index.cameras[record["camera"]], index.shards[record["shard"]]) == (row["camera"], row["shard"])
    assert record["sha256"].tobytes().hex() == row["sha256"]
    assert index.views[record["view"]] == (tuple(row["to_native"]), 32, 24) and len(index.views) == 1


def test_a_view_that_changes_and_comes_back_has_its_number(batches: list[pa.RecordBatch]) -> None:
    rows = [row for batch in batches for row in batch.to_pylist()]
    for i, row in enumerate(rows):
        row["width"] = 64 if 5 <= i < 9 else 32
    index = Index([pa.RecordBatch.from_pylist(rows, schema=batches[0].schema)])
    assert index.read(0, 20)["view"].tolist() == [0] * 5 + [1] * 4 + [0] * 11


@pytest.mark.parametrize("few", [3, 100])
def test_an_index_goes_to_another_process(batches: list[pa.RecordBatch], few: int) -> None:
    index = Index(batches, few=few)
    index.read(0, 1)
    other = pickle.loads(pickle.dumps(index))
    assert np.array_equal(other.read(0, 20), index.read(0, 20))


def test_its_file_goes_with_it(batches: list[pa.RecordBatch]) -> None:
    index = Index(batches, few=3)
    path = Path(index._path)
    assert path.is_file()
    del index
    assert not path.exists()


@pytest.mark.parametrize("digest", ["", "zz" * 32, "ab", None, "é" * 64])
def test_what_is_no_digest_fits_no_content(batches: list[pa.RecordBatch], digest: str | None) -> None:
    rows = batches[0].to_pylist()
    rows[3]["sha256"] = digest
    index = Index([pa.RecordBatch.from_pylist(rows, schema=batches[0].schema)])
    assert not index.read(3, 4)["sha256"][0, 2:].any() and index.read(4, 5)["sha256"].any()
