from __future__ import annotations

import time
from itertools import pairwise

import numpy as np

from components.samplers.every import Every
from components.samplers.fixed_rate import FixedRate
from components.sources.paced import Paced
from components.sources.simulated import Simulated
from components.sources.ward import Ward

VIEW = {
    "location": "Corridor",
    "position": (0.25, 6.5, 2.7),
    "look_at": (6.5, 6.5, 0.5),
    "hfov": 70.0,
    "width": 160,
    "height": 90,
}


def _paced(**words) -> Paced:
    return Paced("cam", ward=Ward(3, staff=()), **VIEW, **{"fps": 20.0, "seconds": 1.0, **words})


def test_frames_come_when_their_moment_has_come_and_end_as_planned() -> None:
    ages, frames = [], []
    for frame in _paced().frames(Every()):
        frames.append(frame)
        ages.append((time.time_ns() - frame.time) / 1e9)
    assert len(frames) >= 18
    assert min(ages) >= 0 and np.median(ages) < 0.2
    assert all(after.time - before.time >= 50_000_000 for before, after in pairwise(frames))


def test_sampling_drops_before_anything_is_drawn() -> None:
    assert len(list(_paced().frames(FixedRate(5)))) in (5, 6)


def test_who_is_too_slow_gets_the_frames_of_now() -> None:
    source, times = _paced(seconds=1.5), []
    for frame in source.frames(Every()):
        times.append(time.time_ns() - frame.time)
        if len(times) == 1:
            time.sleep(1.0)
    assert source.skipped >= 5
    assert len(times) + source.skipped == 30
    assert max(times[1:]) < 0.8e9


def test_it_is_the_camera_of_the_ward_at_this_moment() -> None:
    source = _paced(seconds=0.2)
    (first, *_) = source.frames(Every())
    drawn = Simulated("cam", ward=Ward(3, staff=()), **VIEW, start="2026-03-02T10:00:00+00:00", seconds=1.0)
    assert source.camera == drawn.camera and source.live and not drawn.live
    assert abs(first.time - time.time_ns()) < 3e9
    assert source.total == 0 and _paced(seconds=None).total == 0
