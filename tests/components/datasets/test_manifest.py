from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts import InputError
from components.datasets import manifest

RECIPE = {"chain": [{"size": 2}], "picture": "jpg"}
ROOT = Path(__file__).resolve().parents[3]


def _row(time: int, camera: str = "a", **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(manifest.SCHEMA.names, "x")
    whole = ("segment_time", "index", "people", "width", "height", "offset", "size", "label_offset", "label_size")
    row |= dict.fromkeys((*whole, "clock_correction", "phash"), 1)
    row |= {"labelled": True, "to_native": [1.0] * 9, "quality": [("contrast", 0.5)]}
    return row | {"time": time, "camera": camera} | changes


ROWS = [_row(1), _row(2), _row(3, segment="w"), _row(1, "b"), _row(7, "\u00e4")]


def _digest(rows: list[dict[str, Any]], recipe: dict[str, Any] = RECIPE, *, cut: int = 100) -> str:
    table = pa.Table.from_pylist(rows, schema=manifest.SCHEMA)
    return manifest.digest(table.to_batches(max_chunksize=cut), recipe)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_the_digest_does_not_know_how_rows_are_cut(cut: int) -> None:
    assert _digest(ROWS, cut=cut) == _digest(ROWS)
    assert len(_digest(ROWS)) == 64


def test_the_digest_does_not_know_how_many_rows_it_sees_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for STEP, which is part of its definition."""
    digests = []
    for step in (2, 2, 3):
        monkeypatch.setattr(manifest, "STEP", step)
        digests.append((_digest(ROWS, cut=1), _digest(ROWS, cut=5)))
    assert digests[0] == digests[1] and digests[0][0] == digests[0][1]
    assert digests[2][0] == digests[2][1] != digests[0][0]


@pytest.mark.parametrize("name", ["shard", "offset", "size", "label_offset", "label_size", "index", "key", "phash"])
def test_the_digest_does_not_know_where_a_frame_lies(name: str) -> None:
    other = [row | {name: "77" if isinstance(row[name], str) else 77} for row in ROWS]
    assert _digest(other) == _digest(ROWS)


@pytest.mark.parametrize("name", sorted(set(manifest.IDENTITY) - set(manifest.ORDER)))
def test_the_digest_knows_everything_that_a_frame_is(name: str) -> None:
    value: Any = "other" if isinstance(ROWS[0][name], str) else False if name == "labelled" else 77
    for i in range(len(ROWS)):
        assert _digest([*ROWS[:i], ROWS[i] | {name: value}, *ROWS[i + 1 :]]) != _digest(ROWS)


def test_the_digest_knows_where_a_text_ends_and_whose_it_is() -> None:
    assert _digest([_row(1, reason="ab"), _row(2, reason="c")]) != _digest([_row(1, reason="a"), _row(2, reason="bc")])
    assert _digest([_row(1, reason="a", split="bc")]) != _digest([_row(1, reason="ab", split="c")])


def test_the_digest_knows_the_recipe_and_every_row() -> None:
    whole = _digest(ROWS)
    assert _digest(ROWS, RECIPE | {"picture": "png"}) != whole
    assert _digest(ROWS[1:]) != whole
    assert _digest([*ROWS, _row(8, "\u00e4")]) != whole
    assert _digest([_row(0), *ROWS]) != whole
    assert _digest(ROWS, dict(reversed(RECIPE.items()))) == whole
    assert len({_digest([]), _digest([], RECIPE | {"a": 1}), whole}) == 3


def test_the_digest_is_the_same_in_every_version() -> None:
    """Whoever changes this number renames every dataset there is."""
    assert _digest(ROWS)[:16] == "3283a11829c9a389"


@pytest.mark.parametrize("cut", [1, 100])
def test_rows_that_are_out_of_order_or_double_are_refused(cut: int) -> None:
    for rows, frame in (([ROWS[1], ROWS[0]], "a at 1"), ([ROWS[0], ROWS[0]], "a at 1"), ([ROWS[3], ROWS[0]], "a at 1")):
        with pytest.raises(InputError, match=f"the frame of camera {frame} ns comes late, or twice"):
            _digest(rows, cut=cut)


def test_a_value_that_is_missing_is_refused() -> None:
    with pytest.raises(InputError, match="1 values are missing"):
        _digest([ROWS[0] | {"segment": None}])


def test_the_same_rows_make_the_same_file_however_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "GROUP", 2)
    table = pa.Table.from_pylist(ROWS, schema=manifest.SCHEMA)
    for name, cut in (("one", 1), ("all", 100), ("three", 3)):
        with manifest.Writer(tmp_path / name) as writer:
            for batch in table.to_batches(max_chunksize=cut):
                writer.write(pa.Table.from_batches([batch]))
    assert len({hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}) == 1
    read = pq.ParquetFile(tmp_path / "one")
    assert read.metadata.num_row_groups == 3
    assert read.read().to_pylist() == ROWS


def test_many_rows_take_little_memory() -> None:
    """In a process of its own: what Arrow has once taken, it keeps."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    peaks = [
        int(subprocess.run([sys.executable, __file__, str(rows)], env=env, capture_output=True, text=True, check=True).stdout)
        for rows in (100_000, 1_000_000)
    ]
    assert peaks[1] - peaks[0] < 60_000, f"{peaks} kB"


def _many(rows: int) -> Iterator[pa.RecordBatch]:
    """A tenth of a kilobyte and more each."""
    for first in range(0, rows, 50_000):
        texts = pa.array([f"{i:064x}" for i in range(first, first + 50_000)])
        columns = {name: texts for name in manifest.IDENTITY if name not in ("camera", "time", "segment_time", "labelled")}
        numbers = np.arange(first, first + 50_000)
        columns |= {"camera": pa.array(["a"] * 50_000), "time": pa.array(numbers), "segment_time": pa.array(numbers)}
        columns |= {"labelled": pa.array(numbers % 2 == 0), "clock_correction": pa.array(numbers * 0)}
        yield pa.RecordBatch.from_pydict(columns)


if __name__ == "__main__":
    manifest.digest(_many(int(sys.argv[1])), RECIPE)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
