from __future__ import annotations

import gc
import io
import json
import tarfile
import warnings
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from components.contracts import Frame, InputError, Rejected, Segment, Truth
from components.database.schema import DatasetRow
from components.datasets.commit import committed, finished, sweep
from components.datasets.dataset import StoredDataset
from components.datasets.leaks import Leaks
from components.datasets.prepare import Picture, Pieces, prepare_part
from components.datasets.splits import ByTime
from components.datasets.verification import verify
from components.labels.unlabelled import Unlabelled
from components.samplers.every import Every

START, STEP = 1_772_445_600_000_000_000, 100_000_000


def _rows(ward: Any, path: str) -> list[dict[str, Any]]:
    return pq.read_table(io.BytesIO(ward.storage.read(path))).to_pylist()


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
    assert len(first) == 6  # two shards, a contact sheet of each camera, the manifest and what it is about
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
    assert ward.commit({"b": ["k-b"], "a": ["k-a"]}).digest == digest
    assert {path: ward.storage.read(path) for path in ward.storage.list("datasets")} == before
    with ward.database.session() as session:
        (row,) = session.scalars(select(DatasetRow)).all()
        assert (row.digest, row.kept, row.rejected) == (digest, 20, 0)


def test_a_commit_that_broke_off_is_finished_by_the_next(ward: Any) -> None:
    digest = ward.dataset()
    ward.storage.remove(f"datasets/{digest}/manifest.parquet")
    ward.storage.move(f"datasets/{digest}/b-00000.tar", "parts/k-b/k-b-00000.tar")
    assert not committed(digest, storage=ward.storage)
    assert ward.commit({"b": ["k-b"], "a": ["k-a"]}).digest == digest
    assert [path.rsplit("/", 1)[-1] for path in ward.storage.list("datasets")] == [
        "a-00000.tar", "b-00000.tar", "a.jpg", "b.jpg", "dataset.json", "manifest.parquet",
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
        Pieces().windows(ward.segments["a"])[0], key="k", sampling=Every(), preprocessing=(), labels=Unlabelled(),
        picture=Picture(), pieces=Pieces(), storage=ward.storage, progress=lambda *now: seen.append(now),
    )  # fmt: skip
    assert sorted(set(seen)) == [(n, 10) for n in range(1, 11)]


def test_footage_is_cut_where_pieces_begin_and_makes_the_same_frames(build: Any, third: Any) -> None:
    whole, cut = build("whole"), build("cut")
    pieces = Pieces(minutes=0.01)  # 0.6 s: the two segments of a camera
    assert [len(window) for window in pieces.windows(cut.segments["a"])] == [1, 1]
    parts = {}
    for camera in "ab":
        whole.part(camera, f"k-{camera}", steps=(third,))
        parts[camera] = [f"{window}-{camera}" for window in range(2)]
        for window, key in enumerate(parts[camera]):
            cut.part(camera, key, steps=(third,), pieces=pieces, window=window)
    assert cut.commit(parts).digest == whole.commit({"a": ["k-a"], "b": ["k-b"]}).digest
    assert [path.rsplit("/", 1)[-1] for path in cut.storage.list("datasets") if path.endswith(".tar")] == [
        "a-00000.tar", "a-00001.tar", "b-00000.tar", "b-00001.tar",
    ]  # fmt: skip
    opened = StoredDataset(cut.commit(parts).digest, storage=cut.storage)
    assert [row["index"] for batch in opened.rows.batches(["index"]) for row in batch.to_pylist()] == [*range(10), *range(10)]
    assert verify(opened, cut.storage).first == {}


def test_footage_that_was_recorded_twice_counts_once(ward: Any) -> None:
    first, second = ward.segments["a"]
    again = replace(first, sha256="0" * 64, end=first.end - STEP, frames=first.frames - 1)
    late = replace(second, start=second.start - STEP, sha256="e" * 64, frames=second.frames + 1)
    assert [stretch.segment for window in Pieces().windows([first, again, second]) for stretch in window] == [first, second]
    (window,) = Pieces().windows([first, late])
    assert [stretch.since - START for stretch in window] == [-START - STEP // 2, 6 * STEP - STEP // 2]


def test_shards_are_closed_at_their_size_and_leave_the_disk(ward: Any) -> None:
    ward.part("a", "k", pieces=Pieces(megabytes=0.02))
    made = ward.commit({"a": ["k"]})
    shards = [path for path in ward.storage.list("datasets") if path.endswith(".tar")]
    assert len(shards) > 2
    assert all(ward.storage.size(path) < 50_000 for path in shards)
    assert verify(StoredDataset(made.digest, storage=ward.storage), ward.storage).first == {}


def test_frames_that_straddle_are_in_no_shard_and_the_manifest_says_why(ward: Any) -> None:
    """Ann is in view from the first frame to the last, but for frame 4: a second out of view would end her track."""
    ward.part("a", "k-a")
    made = ward.commit({"a": ["k-a"]}, splits=ByTime(0.6, 0.2, 0.2))
    dataset = StoredDataset(made.digest, storage=ward.storage)
    rows = [row for batch in dataset.rows.batches(dataset.rows.schema.names) for row in batch.to_pylist()]
    assert [row["split"] for row in rows] == ["train"] * 6 + [""] * 4
    assert {row["reason"] for row in rows[6:]} == {"straddles a split: its track goes on in another"}
    assert all(row["offset"] == -1 and not row["shard"] and not row["sha256"] for row in rows[6:])
    assert made.counts.frames == {"train": 6, rows[-1]["reason"]: 4}
    assert verify(dataset, ward.storage).first == {}
    assert len(dataset.split("train")) == 5
    with tarfile.open(fileobj=io.BytesIO(ward.storage.read(f"datasets/{made.digest}/a-00000.tar"))) as tar:
        assert len(tar.getnames()) == 12


def test_a_leak_that_is_refused_ends_the_build_with_names_and_times(ward: Any) -> None:
    ward.part("a", "k-a")
    with pytest.raises(
        InputError, match=r"1 leaks of camera a: ann from 2026-03-02 10:00:00 to .* \(5 frames in train, 2 frames in val"
    ):
        ward.commit({"a": ["k-a"]}, splits=ByTime(0.6, 0.2, 0.2, Leaks(straddling="refuse")))
    assert ward.storage.list("datasets") == []


def test_stale_labels_leave_frames_out_with_their_reason(ward: Any) -> None:
    class Stale:
        label_set = "5" * 64

        def label(self, segment: Segment, frame: Frame) -> Truth | Rejected:
            if frame.index >= 6:
                return Rejected("stale_label")
            return Truth(frame.time, np.zeros((0, 4), np.float32), (), (), np.zeros((0, 2)), np.zeros(0, np.float32))

    assert ward.part("a", "k", labels=Stale()) == {"kept": 6, "rejected": 4}
    rows = _rows(ward, "parts/k/part.parquet")
    assert [row["reason"] for row in rows] == ["kept"] * 6 + ["stale_label"] * 4
    assert [row["label_set"] for row in rows] == ["5" * 64] * 6 + [""] * 4


def test_webdataset_reads_the_shards_and_the_manifest_tells_the_splits(ward: Any, third: Any) -> None:
    webdataset = pytest.importorskip("webdataset")
    dataset = StoredDataset(ward.dataset(third), storage=ward.storage)
    splits = {row["key"]: row["split"] for batch in dataset.rows.batches(["key", "split"]) for row in batch.to_pylist()}
    urls = sorted(str(ward.storage.fetch(path)) for path in ward.storage.list("datasets") if path.endswith(".tar"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the last shard open
        read = webdataset.WebDataset(urls, shardshuffle=False)
        samples = list(read.select(lambda sample: splits[sample["__key__"]] == "train"))
        del read
        gc.collect()
    assert [sample["__key__"] for sample in samples] == [key for key, split in splits.items() if split == "train"]
    first = cv2.imdecode(np.frombuffer(samples[0]["png"], np.uint8), cv2.IMREAD_COLOR)
    assert first.shape == (48, 64, 3) and json.loads(samples[0]["json"])["camera"] == "a"
