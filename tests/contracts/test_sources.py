"""What every source must do, and every recorder besides."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from components.contracts import Frame, Moment, Needs
from components.sources.simulated import Simulated
from components.sources.video import Video
from components.sources.ward import Ward

SECOND = 10**9
Footage = Simulated | Video
START = "2026-03-02T10:00:00+00:00"


def _simulated(folder: Path) -> Simulated:
    return Simulated(
        "cam", location="Corridor", ward=Ward(3, staff=()), position=(0.25, 6.5, 2.7), look_at=(6.5, 6.5, 0.5), hfov=70.0,
        width=160, height=90, seconds=3.0, start=START,
    )  # fmt: skip


def _video(folder: Path) -> Video:
    (recording,) = _simulated(folder).record(folder / "given", 60.0)
    return Video("cam", uri=str(recording.path), location="Corridor", start=START)


KINDS: dict[str, Callable[[Path], Footage]] = {"simulated": _simulated, "video": _video}


class Sampler:
    """Keeps the moments whose number is divisible by `nth`, and remembers what it was asked."""

    def __init__(self, nth: int = 1) -> None:
        self.nth, self.asked = nth, list[int]()

    needs: Needs = "times"

    def keep(self, moment: Moment) -> bool:
        self.asked.append(moment.time)
        return (len(self.asked) - 1) % self.nth == 0


@pytest.fixture(params=KINDS)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Footage:
    return KINDS[request.param](tmp_path)


@pytest.fixture
def frames(source: Footage) -> list[Frame]:
    return list(source.frames(Sampler()))


def test_frames_are_numbered_in_order_of_time(source: Footage, frames: list[Frame]) -> None:
    assert [frame.index for frame in frames] == list(range(source.total))
    assert all(before.time < after.time for before, after in pairwise(frames))
    assert frames[0].segment_time == 0
    assert all(frame.time - frame.segment_time == frames[0].time for frame in frames)


def test_pictures_are_as_the_contract_says(source: Footage, frames: list[Frame]) -> None:
    for frame in frames:
        assert frame.image.dtype == np.uint8 and frame.image.shape == (90, 160, 3)
        assert np.array_equal(frame.to_native, np.eye(3))
        assert frame.camera == source.camera
        assert len(frame.segment) == len(source.footage) == 64


def test_a_sampler_is_asked_about_every_moment_and_what_it_drops_changes_nothing_else(
    source: Footage, frames: list[Frame]
) -> None:
    sampler = Sampler(4)
    kept = list(source.frames(sampler))
    assert sampler.asked == [frame.time for frame in frames]
    for one, other in zip(kept, frames[::4], strict=True):
        assert (one.index, one.time) == (other.index, other.time)
        assert np.array_equal(one.image, other.image)


def test_two_walks_at_once_do_not_disturb_each_other(source: Footage, frames: list[Frame]) -> None:
    pairs = list(zip(source.frames(Sampler()), source.frames(Sampler()), strict=True))
    assert len(pairs) == len(frames)
    assert all(np.array_equal(one.image, other.image) for one, other in pairs)


def test_a_recording_holds_every_frame_in_pieces_and_leaves_nothing_else(
    source: Footage, frames: list[Frame], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    recordings = list(source.record(tmp_path / "out", 1.0))
    assert len(recordings) == 3
    assert set((tmp_path / "out").iterdir()) == {recording.path for recording in recordings}
    position = 0
    for recording in recordings:
        assert recording.start < recording.end
        with av.open(str(recording.path)) as container:
            assert container.streams.video[0].codec_context.name == recording.codec
            pictures = list(container.decode(video=0))
        assert len(pictures) == recording.frames
        for picture in pictures:
            since = (picture.time or 0.0) - (pictures[0].time or 0.0)
            assert recording.start + round(since * 1e9) == pytest.approx(frames[position].time, abs=SECOND / 1000)
            assert np.abs(picture.to_ndarray(format="bgr24").astype(int) - frames[position].image).mean() < 8
            position += 1
    assert position == len(frames)
    assert all(before.end <= after.start for before, after in pairwise(recordings))


def test_recording_twice_makes_the_same_bytes(source: Footage, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, second = ([one.path.read_bytes() for one in source.record(tmp_path / name, 1.0)] for name in ("a", "b"))
    assert first == second
