"""What every sampler must do."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest

from components.contracts import Moment, Needs, Plane, Sampler
from components.samplers.every import Every
from components.samplers.fixed_rate import FixedRate
from components.samplers.keyframes import Keyframes
from components.samplers.motion import Motion
from components.samplers.scenes import Scenes
from components.samplers.stratified import Stratified

KINDS: dict[str, Callable[[], Sampler]] = {
    "every": Every,
    "fixed_rate": lambda: FixedRate(5),
    "fixed_rate, not exact": lambda: FixedRate(5, exact=False),
    "keyframes": Keyframes,
    "motion": Motion,
    "scenes": Scenes,
    "stratified": lambda: Stratified(per_hour=3600),
}
RNG = np.random.default_rng(0)
TIMES = (1_772_445_600_000_000_000 + np.cumsum(RNG.integers(20, 90, 500)) * 1_000_000).tolist()
LOOKS = RNG.integers(0, 256, (len(TIMES), 9, 16), dtype=np.uint8)


def moments(camera: str = "cam", later: int = 0) -> list[Moment]:
    return [Moment(camera, time + later, n % 10 == 0, _look(n)) for n, time in enumerate(TIMES)]


def _look(number: int) -> Callable[[], Plane]:
    return lambda: LOOKS[number]


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Callable[[], Sampler]:
    return KINDS[request.param]


def test_it_says_what_it_has_to_be_shown(make: Callable[[], Sampler]) -> None:
    assert make().needs in get_args(Needs)


def test_it_keeps_something(make: Callable[[], Sampler]) -> None:
    sampler = make()
    assert any(sampler.keep(moment) for moment in moments())


def test_what_it_does_not_need_it_does_not_look_at(make: Callable[[], Sampler]) -> None:
    sampler = make()
    if sampler.needs != "pictures":
        for moment in moments():
            sampler.keep(Moment(moment.camera, moment.time, moment.keyframe))


def test_the_same_moments_give_the_same_answers(make: Callable[[], Sampler]) -> None:
    first, second = make(), make()
    assert [first.keep(moment) for moment in moments()] == [second.keep(moment) for moment in moments()]


def test_cameras_that_take_turns_do_not_disturb_each_other(make: Callable[[], Sampler]) -> None:
    alone, here, there = make(), make(), make()
    expected, turns = [alone.keep(moment) for moment in moments()], []
    for moment, other in zip(moments(), moments("other", 11_000_000), strict=True):
        turns.append(here.keep(moment))
        there.keep(other)
    assert turns == expected


def test_a_clock_that_is_set_back_does_not_silence_the_camera(make: Callable[[], Sampler]) -> None:
    sampler = make()
    for moment in moments():
        sampler.keep(moment)
    assert any(sampler.keep(moment) for moment in moments(later=-3 * 3600 * 10**9))
