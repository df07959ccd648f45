from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from components.contracts import InputError
from components.database.schema import DatasetRow
from components.datasets import manifest
from components.datasets.prepare import Picture, Splits, commit, committed, finished, prepare_part, sweep
from components.labels.unlabelled import Unlabelled
from components.samplers.every import Every

RECIPE = {"chain": [], "chain_digest": "0" * 64}
START, STEP = 1_772_445_600_000_000_000, 100_000_000


def _rows(ward: Any, path: str) -> list[dict[str, Any]]:
    return manifest.from_bytes(ward.storage.read(path)).to_pylist()


def test_a_part_has_a_row_for_every_frame_of_every_segment(ward: Any, third: Any) -> None:
    assert not finished("k", storage=ward.storage)
    assert ward.part("a", "k", steps=(third,)) == {"kept": 7, "rejected": 3}
    assert finished("k", storage=ward.storage)
    rows = _rows(ward, "parts/k/part.parquet")
    assert [(row["index"], row["time"]) for row in rows] == [(n, START + n * STEP) for n in range(10)]
    assert [row["reason"] for row in rows] == ["third" if n % 3 == 2 else "kept" for n in range(10)]
    assert [row["segment_time"] for row in rows] == [n * STEP for n in (*range(6), *range(4))]
    assert {row["segment"] for row in rows} == {segment.sha256 for segment in ward.segments["a"]}
    assert [row["labelled"] for row in rows if row["reason"] == "kept"] == [True, True, True, False, True, True, True]
    assert all(row["offset"] == -1 and not row["shard"] and not row["split"] for row in rows if row["reason"] == "third")


def test_the_offsets_are_those_that_tarfile_sees(ward: Any) -> None:
    ward.part("a", "k")
    (shard,) = [path for path in ward.storage.list("parts/k") if path.endswith(".tar")]
    with tarfile.open(fileobj=io.BytesIO(ward.storage.read(shard))) as tar:
        seen = {member.name: (member.offset_data, member.size) for member in tar}
    rows = _rows(ward, "parts/k/part.parquet")
    assert len(seen) == 2 * len(rows)
    for row in rows:
        assert seen[f"{row['key']}.png"] == (row["offset"], row["size"])
        assert seen[f"{row['key']}.json"] == (row["label_offset"], row["label_size"])


def test_a_label_says_what_is_known(ward: Any) -> None:
    ward.part("a", "k")
    rows = _rows(ward, "parts/k/part.parquet")
    labels = [
        json.loads(ward.storage.read(f"parts/k/{row['shard']}", start=row["label_offset"], size=row["label_size"]))
        for row in rows
    ]
    assert labels[3] == {
        "camera": "a", "time": rows[3]["time"], "labelled": True, "boxes": [[13, 8, 33, 40]], "people": ["ann"],
        "roles": ["nurse"], "floor": [[1.5, 2.0]], "visibility": [0.5],
    }  # fmt: skip
    assert labels[4] == {"camera": "a", "time": rows[4]["time"], "labelled": False}


def test_splits_are_stretches_of_time_and_the_same_for_all_cameras(ward: Any) -> None:
    ward.dataset()
    (path,) = [path for path in ward.storage.list("datasets") if path.endswith("manifest.parquet")]
    rows = _rows(ward, path)
    for camera in ("a", "b"):
        splits = [row["split"] for row in rows if row["camera"] == camera]
        assert splits == ["train"] * 6 + ["val"] * 2 + ["test"] * 2


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.2, -0.1, -0.1), (0.0, 0.0, 0.0)])
def test_shares_that_do_not_add_up_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(InputError, match="expected shares that add up to 1"):
        Splits(*shares)


def test_the_edges_of_splits() -> None:
    splits = Splits(0.5, 0.25, 0.25)
    assert [splits.of(moment, 100, 200) for moment in (100, 149, 150, 174, 175, 200)] == [
        "train", "train", "val", "val", "test", "test",
    ]  # fmt: skip
    assert Splits(1.0, 0.0, 0.0).of(5, 5, 5) == "train"


@pytest.mark.parametrize(("format", "loss"), [("png", 0), ("jpg", 60)])
def test_pictures_are_encoded_as_asked(ward: Any, pictures: Any, format: Any, loss: int) -> None:
    ward.part("a", "k", picture=Picture(format, 95))
    row = _rows(ward, "parts/k/part.parquet")[7]
    content = ward.storage.read(f"parts/k/{row['shard']}", start=row["offset"], size=row["size"])
    assert content.startswith(b"\x89PNG" if format == "png" else b"\xff\xd8")
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    error = np.abs(image.astype(int) - pictures["a"][7]).mean()
    assert error == 0 if format == "png" else 0 < error < loss


def test_the_same_footage_makes_the_same_dataset_in_another_store(build: Any) -> None:
    wards = [build("one"), build("two")]
    digests = [ward.dataset() for ward in wards]
    assert digests[0] == digests[1]
    first, second = ({path: ward.storage.read(path) for path in ward.storage.list("datasets")} for ward in wards)
    assert len(first) == 4
    assert first == second


def test_the_order_of_the_parts_does_not_matter(ward: Any) -> None:
    digest = ward.dataset(cameras=("a", "b"))
    assert ward.dataset(cameras=("b", "a")) == digest
    assert ward.dataset(cameras=("a",)) != digest


def test_other_pictures_are_another_dataset(ward: Any, halve: Any, third: Any) -> None:
    assert len({ward.dataset(), ward.dataset(halve), ward.dataset(third), ward.dataset(third, halve)}) == 4


def test_committing_again_changes_nothing(ward: Any) -> None:
    digest = ward.dataset()
    assert committed(digest, storage=ward.storage)
    assert not committed("0" * 64, storage=ward.storage)
    before = {path: ward.storage.read(path) for path in ward.storage.list("datasets")}
    assert commit(["k-a", "k-b"], recipe=RECIPE | {"picture": "png"}, storage=ward.storage, database=ward.database) == digest
    assert {path: ward.storage.read(path) for path in ward.storage.list("datasets")} == before
    with ward.database.session() as session:
        (row,) = session.scalars(select(DatasetRow)).all()
        assert (row.digest, row.kept, row.rejected) == (digest, 20, 0)


def test_a_commit_that_broke_off_is_finished_by_the_next(ward: Any) -> None:
    digest = ward.dataset()
    ward.storage.remove(f"datasets/{digest}/manifest.parquet")
    ward.storage.move(f"datasets/{digest}/b-00000.tar", "parts/k-b/b-00000.tar")
    assert not committed(digest, storage=ward.storage)
    assert commit(["k-a", "k-b"], recipe=RECIPE | {"picture": "png"}, storage=ward.storage, database=ward.database) == digest
    assert [path.rsplit("/", 1)[-1] for path in ward.storage.list("datasets")] == [
        "a-00000.tar", "b-00000.tar", "dataset.json", "manifest.parquet",
    ]  # fmt: skip


def test_what_is_left_of_the_parts_is_swept(ward: Any) -> None:
    digest = ward.dataset()
    sweep(["k-a", "k-b", "never"], storage=ward.storage)
    assert ward.storage.list("parts") == []
    assert committed(digest, storage=ward.storage)


def test_dataset_json_counts_splits_and_reasons(ward: Any, third: Any) -> None:
    digest = ward.dataset(third)
    about = json.loads(ward.storage.read(f"datasets/{digest}/dataset.json"))
    assert about["frames"] == {"train": 8, "val": 4, "test": 2, "third": 6}
    assert about["digest"] == digest


def test_progress_ends_where_all_frames_are_done(ward: Any) -> None:
    seen: list[tuple[int, int]] = []
    prepare_part(
        ward.segments["a"], key="k", sampling=Every(), preprocessing=(), labels=Unlabelled(), picture=Picture(),
        splits=Splits(1.0, 0.0, 0.0), period=(0, 1), storage=ward.storage, progress=lambda *now: seen.append(now),
    )  # fmt: skip
    assert seen == [(n, 10) for n in range(1, 11)]
