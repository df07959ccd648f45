from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts import InputError
from components.datasets import manifest
from components.datasets.dataset import StoredDataset
from components.datasets.rows import Rows
from components.storage.storage import Storage
from tests.made_datasets import SECOND, START, Shot, make, shots


class Counting(Storage):
    """Counts the bytes that are read."""

    bytes = 0

    def read(self, path: str, *, start: int = 0, size: int | None = None) -> bytes:
        content = super().read(path, start=start, size=size)
        Counting.bytes += len(content)
        return content


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rows:
    """20 frames in row groups of 4."""
    monkeypatch.setattr(manifest, "GROUP", 4)
    return StoredDataset(make(tmp_path, shots()), storage=Storage(str(tmp_path))).rows


def test_a_frame_is_found_by_camera_and_time_and_by_its_key(rows: Rows) -> None:
    row = rows.find("b", START + 3 * SECOND)
    assert (row["key"], row["camera"], row["time"]) == (f"b-{START + 3 * SECOND}", "b", START + 3 * SECOND)
    assert dict(row["quality"]) == {"sharpness": 0.5}
    assert rows.by_key(row["key"]) == row


def test_what_is_not_there_is_said_with_what_is(rows: Rows) -> None:
    with pytest.raises(InputError, match=rf"no frame of camera a at {START + 1}; the nearest are at {START}, {START + SECOND}"):
        rows.find("a", START + 1)
    with pytest.raises(InputError, match="it has no frame of that camera"):
        rows.find("c", START)
    with pytest.raises(InputError, match=f"no frame has the key a-7; expected one such as a-{START}"):
        rows.by_key("a-7")


def test_only_the_row_groups_that_are_needed_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = make(tmp_path, shots(2000))
    table = pq.read_table(tmp_path / "datasets" / digest / "manifest.parquet", schema=manifest.SCHEMA)
    pq.write_table(table, tmp_path / "datasets" / digest / "manifest.parquet", row_group_size=100)
    rows = Rows(Counting(str(tmp_path)), f"datasets/{digest}/manifest.parquet")
    Counting.bytes = 0
    rows.find("b", START + 1234 * SECOND)
    one = Counting.bytes
    sum(batch.num_rows for batch in rows.batches(rows.schema.names))
    assert 0 < one < (Counting.bytes - one) / 20


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({}, 20),
        ({"camera": "a"}, 10),
        ({"since": START + 8 * SECOND}, 4),
        ({"camera": "b", "until": START + SECOND}, 1),
        ({"camera": "c"}, 0),
    ],
)
def test_batches_have_the_columns_and_rows_that_are_asked_for(rows: Rows, wanted: dict[str, Any], count: int) -> None:
    batches = list(rows.batches(["split"], **wanted))
    assert sum(batch.num_rows for batch in batches) == count
    assert all(batch.schema.names == ["split"] for batch in batches)
    assert len(rows) == 20


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"m\.parquet is damaged: .*prepare the dataset again"):
        Rows(Storage(str(tmp_path)), "m.parquet")


def test_a_manifest_that_was_cut_or_changed_inside_never_crashes(tmp_path: Path) -> None:
    home = tmp_path / "datasets" / make(tmp_path, shots())
    whole = (home / "manifest.parquet").read_bytes()
    for at in range(4, len(whole) - 8, len(whole) // 40):
        (home / "manifest.parquet").write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            rows = Rows(Storage(str(tmp_path)), f"{home.relative_to(tmp_path)}/manifest.parquet")
            sum(batch.num_rows for batch in rows.batches(rows.schema.names))
        except InputError as error:
            assert "manifest.parquet" in str(error)


def test_a_manifest_of_an_older_version_says_what_it_lacks(tmp_path: Path) -> None:
    pq.write_table(pa.table({"camera": ["a"], "time": [1]}), tmp_path / "m.parquet")
    with pytest.raises(InputError, match="has no label_set: it is of an older version"):
        list(Rows(Storage(str(tmp_path)), "m.parquet").batches(["camera", "label_set"]))


def test_rejected_frames_are_found_too(tmp_path: Path) -> None:
    digest = make(tmp_path, [*shots(2, "a"), Shot("a", START + 5, reason="dark")])
    dataset = StoredDataset(digest, storage=Storage(str(tmp_path)))
    row = dataset.find("a", START + 5)
    with pytest.raises(InputError, match=f"frame a-{START + 5} is not in the dataset: dark"):
        dataset.frame(row)


def test_another_process_opens_them_itself(rows: Rows) -> None:
    again = pickle.loads(pickle.dumps(rows))
    assert (len(again), again.schema) == (len(rows), rows.schema)
