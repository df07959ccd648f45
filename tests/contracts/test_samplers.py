"""What every sampler must do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from components.contracts import Sampler
from components.samplers.every import Every
from components.samplers.fixed_rate import FixedRate

KINDS: dict[str, Callable[[], Sampler]] = {"fixed_rate": lambda: FixedRate(5), "every": Every}
TIMES = (1_772_445_600_000_000_000 + np.cumsum(np.random.default_rng(0).integers(20, 90, 500)) * 1_000_000).tolist()


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Callable[[], Sampler]:
    return KINDS[request.param]


def test_the_first_frame_is_kept(make: Callable[[], Sampler]) -> None:
    assert make().keep(TIMES[0])


def test_the_same_times_give_the_same_answers(make: Callable[[], Sampler]) -> None:
    first, second = make(), make()
    assert [first.keep(time) for time in TIMES] == [second.keep(time) for time in TIMES]


def test_cameras_that_take_turns_do_not_disturb_each_other(make: Callable[[], Sampler]) -> None:
    alone, here, there = make(), make(), make()
    expected, turns = [alone.keep(time) for time in TIMES], []
    for time in TIMES:
        turns.append(here.keep(time))
        there.keep(time + 11_000_000)
    assert turns == expected
