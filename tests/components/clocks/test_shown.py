"""Codes in a camera's pictures say how far its times are ahead; what says something else is outvoted, or says nothing."""

from __future__ import annotations

import numpy as np
import pytest

from components.clocks.shown import MILLISECOND, PERIOD, ahead, moment, text

NOW = 1_793_232_000_000 * MILLISECOND


@pytest.mark.parametrize("wrong", [-3.0, 0.0, 0.31])
def test_a_camera_that_sees_a_clock_is_known_to_some_milliseconds(wrong: float) -> None:
    rng, offset = np.random.default_rng(1), round(wrong * 1e9)
    taken = [NOW + round(i * 1e9 / 7.3) for i in range(60)]
    seen = [(time + offset, (time - round(rng.uniform(10e6, 30e6))) // PERIOD * PERIOD) for time in taken]
    seen[7:9] = [(seen[7][0], seen[7][1] - 60 * 10**9), (seen[8][0], NOW + 10**12)]
    found = ahead(seen)
    assert found is not None and found.agree == 58
    assert abs(found.offset - offset) < 25 * MILLISECOND and found.uncertainty < 20 * MILLISECOND
    assert ahead(seen[:2]) is None and ahead([(NOW + i * 10**9, NOW) for i in range(9)]) is None


def test_a_code_says_its_moment_and_others_say_none() -> None:
    assert moment(text(NOW)) == NOW
    assert moment("") is None and moment("https://example.org") is None and moment("WF17") is None
