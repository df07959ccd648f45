from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.contracts import Camera, InputError, Segment, file_digest
from components.samplers.every import Every
from components.sources.footage import write
from components.sources.recorded import Recorded
from components.storage.storage import Storage

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
SECOND = 10**9


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(str(tmp_path / "store"))


@pytest.fixture
def segments(storage: Storage, tmp_path: Path) -> list[Segment]:
    made = []
    for number, frames in enumerate((5, 3, 4)):
        pictures = [(n * SECOND // 10, np.full((48, 64, 3), 60 * number + 5 * n, np.uint8)) for n in range(frames)]
        write(tmp_path / "a.mp4", pictures, fps=10.0, size=(64, 48))
        sha256, start, path = file_digest(tmp_path / "a.mp4"), number * SECOND, f"raw/{number}.mp4"
        storage.put(tmp_path / "a.mp4", path)
        made.append(Segment(CAMERA, sha256, start, start + frames * SECOND // 10, frames, path))
    return made


def test_segments_follow_each_other_in_time_however_they_are_given(storage: Storage, segments: list[Segment]) -> None:
    source = Recorded(CAMERA, segments=segments[::-1], storage=storage)
    frames = list(source.frames(Every()))
    assert [frame.index for frame in frames] == list(range(12)) and source.total == 12
    expected = [(segment, n) for segment in segments for n in range(segment.frames)]
    for frame, (segment, n) in zip(frames, expected, strict=True):
        assert (frame.segment, frame.segment_time) == (segment.sha256, n * SECOND // 10)
        assert frame.time == segment.start + n * SECOND // 10
        assert abs(frame.image.mean() - (segment.start // SECOND * 60 + 5 * n)) < 5


def test_the_footage_is_the_digests_in_order_of_time(storage: Storage, segments: list[Segment]) -> None:
    footage = Recorded(CAMERA, segments=segments, storage=storage).footage
    assert Recorded(CAMERA, segments=segments[::-1], storage=storage).footage == footage
    assert Recorded(CAMERA, segments=segments[1:], storage=storage).footage != footage


def test_a_segment_that_is_gone_is_named(storage: Storage, segments: list[Segment]) -> None:
    storage.remove("raw/1.mp4")
    with pytest.raises(InputError, match=r"raw/1\.mp4: no such file"):
        list(Recorded(CAMERA, segments=segments, storage=storage).frames(Every()))
