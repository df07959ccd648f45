from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import DatasetRow
from components.datasets.dataset import StoredDataset, named, newest


def test_any_sample_is_the_picture_that_the_camera_saw(ward: Any, pictures: Any) -> None:
    dataset = StoredDataset(ward.dataset(), storage=ward.storage)
    samples = dataset.split("train")
    kept = [(camera, n) for camera in "ab" for n in (0, 1, 2, 3, 5)]  # nobody has looked at frame 4
    assert len(samples) == len(kept)
    for index in (9, 0, 5, 4, 9):
        camera, n = kept[index]
        sample = samples[index]
        assert np.array_equal(sample.image, pictures[camera][n])
        assert (sample.camera, sample.boxes.tolist()) == (camera, [[10 + n, 8, 30 + n, 40]])
        assert (sample.labels.tolist(), sample.visibility.tolist()) == ([0], [0.5])
        assert (sample.boxes.dtype, sample.labels.dtype, sample.visibility.dtype) == (np.float32, np.int64, np.float32)


def test_splits_share_no_sample_and_come_in_order(ward: Any) -> None:
    dataset = StoredDataset(ward.dataset(), storage=ward.storage)
    splits = [dataset.split(name) for name in ("train", "val", "test")]
    keys = [[(samples[n].camera, samples[n].time) for n in range(len(samples))] for samples in splits]
    assert [len(some) for some in keys] == [10, 4, 4]
    assert all(some == sorted(some) for some in keys)
    assert len({key for some in keys for key in some}) == 18
    with pytest.raises(IndexError):
        splits[1][4]


def test_boxes_are_mapped_into_the_picture(ward: Any, halve: Any) -> None:
    samples = StoredDataset(ward.dataset(halve), storage=ward.storage).split("train")
    assert samples[2].image.shape == (24, 32, 3)
    np.testing.assert_allclose(samples[2].boxes, [[6, 4, 16, 20]], atol=1e-4)  # half of 12, 8, 32, 40


def test_boxes_are_clipped_to_the_picture(ward: Any) -> None:
    class Crop:
        def __call__(self, frame: Any) -> Any:
            move = np.array([[1.0, 0, 20], [0, 1, 10], [0, 0, 1]])
            fields = (frame.camera, frame.time, frame.index, frame.segment, frame.segment_time)
            return type(frame)(*fields, frame.image[10:30, 20:40].copy(), frame.to_native @ move)

    samples = StoredDataset(ward.dataset(Crop()), storage=ward.storage).split("train")
    np.testing.assert_allclose(samples[0].boxes, [[0, 0, 10, 20]], atol=1e-4)


def test_a_dataset_says_what_it_is(ward: Any) -> None:
    digest = ward.dataset()
    dataset = StoredDataset(digest, storage=ward.storage)
    assert (dataset.digest, dataset.chain, dataset.chain_digest) == (digest, [], "0" * 64)
    assert dataset.cameras == {camera: ward.segments[camera][0].camera.version for camera in "ab"}


def test_a_dataset_that_is_not_there(ward: Any) -> None:
    with pytest.raises(InputError, match=r"datasets/none/dataset\.json: no such file"):
        StoredDataset("none", storage=ward.storage)


@pytest.mark.parametrize("name", ["manifest.parquet", "dataset.json", "a-00000.tar"])
def test_a_dataset_of_which_something_is_missing(ward: Any, name: str) -> None:
    digest = ward.dataset()
    ward.storage.remove(f"datasets/{digest}/{name}")
    with pytest.raises(InputError, match=f"{name}: no such file"):
        StoredDataset(digest, storage=ward.storage).split("train")[0]


def test_a_damaged_picture_is_named(ward: Any) -> None:
    digest = ward.dataset()
    dataset = StoredDataset(digest, storage=ward.storage)
    row, path = dataset.find("a", dataset.split("train")[1].time), f"datasets/{digest}/a-00000.tar"
    content = bytearray(ward.storage.read(path))
    content[row["offset"] : row["offset"] + 8] = b"\0" * 8
    ward.storage.write(path, bytes(content))
    with pytest.raises(InputError, match=f"{row['key']} in a-00000.tar is damaged: it is neither JPEG nor PNG"):
        dataset.split("train")[1]
    assert dataset.split("train")[0].image.shape == (48, 64, 3)


def test_datasets_are_found_by_their_names(ward: Any, third: Any) -> None:
    with pytest.raises(InputError, match=r"there is no dataset yet; make one with python -m flows\.prepare"):
        newest(ward.database)
    first, second = ward.dataset(), ward.dataset(third)
    assert newest(ward.database) == named("latest", ward.database) == second
    assert named(first, ward.database) == named(first[:6], ward.database) == first
    for word in (first[:5], "", "nobody", first + "0"):
        with pytest.raises(InputError, match=f"dataset={word}: 0 datasets have that name"):
            named(word, ward.database)


def test_making_a_dataset_again_does_not_make_it_the_newest(ward: Any, third: Any) -> None:
    first, second = ward.dataset(), ward.dataset(third)
    assert ward.dataset() == first
    assert newest(ward.database) == second
    assert json.loads(ward.storage.read(f"datasets/{first}/dataset.json"))["digest"] == first


def test_a_dataset_that_retention_has_deleted_is_named_as_that(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/ward.db")
    with database.session() as session:
        for number, digest in enumerate(("a" * 64, "b" * 64)):
            fields = {"path": f"datasets/{digest}", "kept": 1, "rejected": 0, "chain_digest": "c", "created": number}
            session.add(DatasetRow(digest=digest, **fields))
    with database.session() as session:
        row = session.get_one(DatasetRow, "b" * 64)
        row.deleted, row.deleted_by = 1_772_445_600_000_000_000, "datasets"
    assert named("latest", database) == "a" * 64
    with pytest.raises(InputError, match="dataset=bbbbbbbb: it was deleted under retention rule datasets on 2026-03-02"):
        named("bbbbbbbb", database)
    database.close()
