"""Recorded footage on the live path: the same pictures and times as from the store, at the pace that was asked for."""

from __future__ import annotations

import time

import av
import numpy as np
import pytest

from components.contracts import Camera, InputError, Segment, file_digest
from components.samplers.every import Every
from components.sources.recorded import Recorded
from components.sources.replayed import Pace, Replayed, missing, overlapping
from components.storage.storage import Storage
from tests.rtsp import Picture, number_of

SECOND, BEGUN = 1_000_000_000, 1_772_445_600 * 1_000_000_000
CAMERA = Camera("hall", "", ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))


@pytest.fixture
def storage(tmp_path) -> Storage:
    return Storage(str(tmp_path))


@pytest.fixture
def segments(tmp_path) -> list[Segment]:
    """Two seconds each, at 10 pictures per second; between the second and the third nothing was recorded for two seconds."""
    return [made(tmp_path, number, at) for number, at in enumerate((0, 2, 6))]


def made(folder, number: int, at: int) -> Segment:
    path = folder / f"{at}.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"g": "10", "preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for frame in range(20):
            image = Picture().draw(20 * number + frame)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    return Segment(CAMERA, file_digest(path), BEGUN + at * SECOND, BEGUN + (at + 2) * SECOND, 20, path.name)


def replayed(segments, storage, since: float, until: float, speed: float | None) -> Replayed:
    start, end = BEGUN + round(since * SECOND), BEGUN + round(until * SECOND)
    return Replayed(segments=segments, storage=storage, since=start, until=end, pace=Pace(start, speed))


def test_all_of_it_is_what_the_store_has(segments, storage):
    expected = list(Recorded(CAMERA, segments=segments, storage=storage).frames(Every()))
    found = list(replayed(segments, storage, 0, 10, None).frames(Every()))
    assert [frame.time for frame in found] == [frame.time for frame in expected]
    assert all(np.array_equal(one.image, other.image) for one, other in zip(found, expected, strict=True))


def test_an_interval_begins_and_ends_where_it_was_asked_to(segments, storage):
    found = list(replayed(segments, storage, 0.5, 3.0, None).frames(Every()))
    assert [number_of(frame.image[..., ::-1]) for frame in found] == list(range(5, 30))
    assert found[0].time == BEGUN + SECOND // 2 and found[-1].time == BEGUN + 29 * SECOND // 10


def test_it_takes_as_long_as_the_speed_says_and_the_times_stay_those_of_then(segments, storage):
    for _ in range(5):  # a busy machine may be behind, and then skips
        source, begun = replayed(segments, storage, 1, 4, 4.0), time.monotonic()
        found = list(source.frames(Every()))
        took = time.monotonic() - begun
        assert took >= 0.7 and {(frame.time - BEGUN) % (SECOND // 10) for frame in found} == {0}
        if took < 3.0 and len(found) >= 20:
            break
    assert took < 3.0 and len(found) >= 20


def test_a_reader_that_is_behind_skips_as_at_work(segments, storage):
    source, seen = replayed(segments, storage, 0, 4, 4.0), 0
    for _ in source.frames(Every()):
        seen += 1
        time.sleep(0.1)
    assert seen < 30


def test_what_is_missing_of_an_interval(segments):
    at = BEGUN + SECOND
    assert missing(segments, at, BEGUN + 9 * SECOND) == [
        (BEGUN + 4 * SECOND, BEGUN + 6 * SECOND), (BEGUN + 8 * SECOND, BEGUN + 9 * SECOND)
    ]  # fmt: skip
    assert missing(segments[:2], BEGUN, BEGUN + 4 * SECOND) == []
    assert overlapping(segments, BEGUN + 2 * SECOND, BEGUN + 3 * SECOND) == [segments[1]]


def test_a_damaged_segment_is_named(segments, storage, tmp_path):
    (tmp_path / "2.mp4").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"2\.mp4"):
        list(replayed(segments[1:], storage, 2, 4, None).frames(Every()))
