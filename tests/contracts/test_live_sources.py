"""What every camera at work must do, besides what every source does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise

import numpy as np
import pytest

from components.contracts import LiveSource, Moment, Needs
from components.samplers.every import Every
from components.sources.paced import Paced
from components.sources.stream import Stream
from components.sources.ward import Ward
from tests.rtsp import Picture, Server


@pytest.fixture(params=["paced", "stream"])
def source(request: pytest.FixtureRequest) -> Iterator[LiveSource]:
    if request.param == "paced":
        yield Paced(
            "cam", location="Corridor", ward=Ward(3, staff=()), position=(0.25, 6.5, 2.7), look_at=(6.5, 6.5, 0.5), hfov=70.0,
            width=320, height=240, fps=20.0,
        )  # fmt: skip
        return
    server = Server({"cam": Picture(fps=20)})
    yield Stream("cam", url=server.url("cam"), location="Corridor", timeout=2.0)
    server.stop()


class Second:
    """Keeps every second moment, and remembers all."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    needs: Needs = "times"

    def keep(self, moment: Moment) -> bool:
        self.asked.append(moment.time)
        return len(self.asked) % 2 == 0


def test_frames_are_as_the_contract_says(source: LiveSource) -> None:
    frames = list(islice(source.frames(Every()), 8))
    assert source.live and source.total == 0 and source.problem == "" and source.skipped >= 0
    assert len(source.footage) == 64
    assert all(before.time < after.time and before.index < after.index for before, after in pairwise(frames))
    for frame in frames:
        assert frame.image.dtype == np.uint8 and frame.image.shape == (240, 320, 3)
        assert np.array_equal(frame.to_native, np.eye(3))
        assert frame.camera == source.camera and len(frame.segment) == 64
        assert frame.time - frame.segment_time == frames[0].time


def test_sampling_decides_about_every_moment(source: LiveSource) -> None:
    sampler = Second()
    frames = list(islice(source.frames(sampler), 4))
    assert [frame.time for frame in frames] == sampler.asked[1::2]
    assert [after.index - before.index for before, after in pairwise(frames)] == [2, 2, 2]
