"""How much sampling lets through is what the samplers themselves let through."""

from __future__ import annotations

import pytest

from components.fleet.sampled import kept
from components.samplers.every import Every
from components.samplers.fixed_rate import FixedRate
from components.samplers.keyframes import Keyframes
from components.samplers.motion import Motion
from components.samplers.scenes import Scenes
from components.samplers.stratified import Stratified


@pytest.mark.parametrize(
    ("sampler", "fps", "expected"),
    [
        (Every(), 12.5, 12.5), (FixedRate(5), 25, 5), (FixedRate(5), 3, 3), (FixedRate(7), 10, 7), (Keyframes(), 25, 0.5),
        (Keyframes(seconds=10), 25, 0.1), (Stratified(per_hour=60), 10, 60 / 3600), (Motion(fps=5), 25, 5),
    ],
)  # fmt: skip
def test_frames_a_second_after_sampling(sampler, fps, expected):
    assert kept(sampler, fps) == pytest.approx(expected, rel=0.05)


def test_a_sampler_that_looks_at_pictures_keeps_at_most_so_much():
    assert 0 < kept(Scenes(fps=2), 25) <= 2.1
