"""The line under a cloud of points."""

from __future__ import annotations

import numpy as np
import pytest

from components.clocks.envelope import STEEPEST, under


def test_the_line_lies_under_every_point_and_is_the_best_of_those():
    rng = np.random.default_rng(3)
    times = np.sort(rng.uniform(0, 100, 60))
    values = 0.3 + 100e-6 * times + rng.exponential(0.02, 60)
    line = under(times.tolist(), values.tolist())
    below = values - np.array([line.at(time) for time in times])
    assert below.min() > -1e-12
    sums = []
    for i in range(60):
        for j in range(i + 1, 60):
            slope = (values[j] - values[i]) / (times[j] - times[i])
            gaps = values - (values[i] + slope * (times - times[i]))
            if gaps.min() > -1e-12 and abs(slope) <= STEEPEST:
                sums.append(gaps.sum())
    assert below.sum() == pytest.approx(min(sums))


@pytest.mark.parametrize("slope", [-1e-3, 1e-3])
def test_no_clock_runs_so_wrong_and_the_line_touches_from_below(slope):
    times = [0.0, 10.0, 20.0, 30.0]
    line = under(times, [slope * time for time in times])
    assert abs(line.slope) == STEEPEST and line.slope * slope > 0
    below = [slope * time - line.at(time) for time in times]
    assert min(below) == pytest.approx(0.0, abs=1e-12) and max(below) > 0


def test_one_point_is_a_line_and_a_flat_one_can_be_asked_for():
    assert under([5.0], [0.2]).at(900.0) == 0.2
    flat = under([0.0, 1.0, 2.0], [0.3, 0.1, 0.2], steepest=0.0)
    assert flat.slope == 0.0 and flat.height == 0.1
