from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components.contracts import Camera, Segment, Truth
from components.storage import layout
from components.storage.storage import Storage
from components.storage.truth import CLOSE, read_truth, truth_of_frames, write_truth

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
MS = 1_000_000


def _truth(time: int, *people: str) -> Truth:
    n = len(people)
    boxes = (np.arange(4 * n, dtype=np.float32).reshape(n, 4) + np.float32(0.1)).astype(np.float32)
    floor, seen = np.arange(2 * n, dtype=np.float64).reshape(n, 2) / 3, np.linspace(0, 1, n, dtype=np.float32)
    return Truth(time, boxes, people, tuple(f"role of {person}" for person in people), floor, seen)


TRUTHS = [_truth(0), _truth(40 * MS, "ann", "bob"), _truth(80 * MS), _truth(120 * MS), _truth(160 * MS, "ann")]


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(str(tmp_path))


def test_what_was_known_is_read_back_to_the_last_bit(storage: Storage) -> None:
    write_truth(storage, "a.parquet", TRUTHS)
    back = read_truth(storage, "a.parquet")
    assert [(one.time, one.people, one.roles) for one in back] == [(one.time, one.people, one.roles) for one in TRUTHS]
    for one, other in zip(back, TRUTHS, strict=True):
        for name in ("boxes", "floor", "visibility"):
            assert np.array_equal(getattr(one, name), getattr(other, name))
            assert getattr(one, name).dtype == getattr(other, name).dtype


def test_frames_with_nobody_in_them_are_known_too(storage: Storage) -> None:
    write_truth(storage, "a.parquet", [_truth(5), _truth(6)])
    back = read_truth(storage, "a.parquet")
    assert [(one.time, one.people, one.boxes.shape) for one in back] == [(5, (), (0, 4)), (6, (), (0, 4))]


def test_two_frames_at_one_time_stay_two(storage: Storage) -> None:
    write_truth(storage, "a.parquet", [_truth(5, "ann"), _truth(5, "ann")])
    assert [one.people for one in read_truth(storage, "a.parquet")] == [("ann",), ("ann",)]


def _frames(*rows: tuple[str, int, int]) -> pa.Table:
    return pa.Table.from_pylist([{"camera": camera, "time": time, "frame": frame} for camera, time, frame in rows])


def test_frames_find_their_truth_in_whatever_segment_it_is(storage: Storage) -> None:
    paths = ["raw/1.mkv", "raw/2.mkv", "raw/unlabelled.mkv"]
    segments = [Segment(CAMERA, path, 0, 1, 1, path) for path in paths]
    write_truth(storage, layout.truth(paths[0]), TRUTHS[:2])
    write_truth(storage, layout.truth(paths[1]), TRUTHS[2:])
    found = truth_of_frames(
        storage,
        segments,
        _frames(("cam", 160 * MS + CLOSE, 9), ("cam", 40 * MS - CLOSE, 2), ("cam", 60 * MS, 3), ("other", 0, 1)),
    )
    assert list(found) == ["cam"]
    assert {frame: truth.people for frame, truth in found["cam"].items()} == {9: ("ann",), 2: ("ann", "bob")}


def test_a_frame_just_too_far_away_has_no_truth(storage: Storage) -> None:
    write_truth(storage, layout.truth("raw/1.mkv"), TRUTHS)
    segments = [Segment(CAMERA, "1", 0, 1, 1, "raw/1.mkv")]
    assert truth_of_frames(storage, segments, _frames(("cam", 160 * MS + CLOSE + 1, 0))) == {}


def test_footage_without_truth_gives_nothing(storage: Storage) -> None:
    assert truth_of_frames(storage, [Segment(CAMERA, "1", 0, 1, 1, "raw/1.mkv")], _frames(("cam", 0, 0))) == {}
