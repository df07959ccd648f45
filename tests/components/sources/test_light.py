from __future__ import annotations

import numpy as np
import pytest

from components.sources import light


def test_days_are_bright_and_nights_are_dim() -> None:
    assert light.daylight(12.5) == pytest.approx(1.0)
    assert light.daylight(3.0) == light.daylight(22.0) == 0.0
    assert light.lamps(3.0) < light.lamps(12.0) < light.lamps(20.0)
    assert [light.dark(hour) for hour in (3.0, 8.0, 12.0, 20.0, 23.5)] == [True, False, False, False, True]


def test_the_light_never_jumps_over_the_day() -> None:
    hours = np.arange(0, 24, 1 / 6)
    total = [light.gain(hour, np.ones(1), np.ones(1)).mean() for hour in hours]
    assert np.abs(np.diff([*total, total[0]])).max() < 0.15


def test_lamps_are_warm_and_the_sky_is_cool() -> None:
    lamp, sky = light.gain(12.0, np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    assert lamp[2] > lamp[0] and sky[0] > sky[2]


def test_it_is_brighter_beside_a_window_and_darker_under_a_bed() -> None:
    window, corridor = light.sample(light.sky_chart(), np.array([[1.5, 0.4], [9.0, 6.5]]))
    assert window > corridor + 0.2
    under, free = light.sample(light.shade_chart(), np.array([[3.75, 1.2], [2.5, 3.8]]))
    assert under < 0.7 < 0.95 < free


def test_points_off_the_map_take_its_edge() -> None:
    assert light.sample(light.lamp_chart(), np.array([[-50.0, 99.0]])).shape == (1,)
