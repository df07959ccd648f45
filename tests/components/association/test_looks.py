from __future__ import annotations

import numpy as np
import pytest

from components.association.looks import ENOUGH, MOST, Looks, Spread


def _learned() -> Looks:
    rng, looks = np.random.default_rng(1), Looks()
    for _ in range(500):
        looks.one.add(float(rng.normal(0.95, 0.03)))
        looks.two.add(float(rng.normal(0.7, 0.1)))
    return looks


def test_a_spread_is_mean_and_deviation() -> None:
    values = np.random.default_rng(0).normal(3.0, 0.5, 4000)
    spread = Spread()
    for value in values:
        spread.add(float(value))
    assert (spread.mean, spread.deviation) == pytest.approx((values.mean(), values.std()))


def test_says_nothing_before_enough_is_known() -> None:
    looks = Looks()
    for _ in range(ENOUGH - 1):
        looks.one.add(0.9)
        looks.two.add(0.5)
    assert looks.says(0.9, across=False) == looks.says(0.1, across=True) == 0.0


def test_says_nothing_where_one_person_is_no_more_alike_than_two() -> None:
    looks = Looks()
    for _ in range(ENOUGH):
        looks.one.add(0.5)
        looks.two.add(0.9)
    assert looks.says(0.5, across=False) == 0.0


def test_more_alike_is_more_probably_one_person_within_bounds() -> None:
    looks = _learned()
    said = [looks.says(value, across=False) for value in np.linspace(-1, 1, 101)]
    assert said == sorted(said)
    assert -MOST <= said[0] < 0 < said[-1] <= MOST
    assert said[-1] == looks.says(0.951, across=False)  # more alike than one person usually is says no more


def test_another_camera_forgives_more() -> None:
    looks = _learned()
    assert looks.says(0.85, across=True) > looks.says(0.85, across=False)
