from __future__ import annotations

import numpy as np
import pytest

from components.sources.sensor import NOISE, Sensor

FLAT = np.full((90, 160, 3), 120, np.uint8)


@pytest.mark.parametrize(("hour", "level"), [(12.0, NOISE[False]), (3.0, NOISE[True])])
def test_noise_is_as_strong_as_it_says_and_moves_nothing(hour: float, level: float) -> None:
    image = Sensor(1, width=160, height=90).expose(FLAT, time=0, hour=hour).astype(float)
    assert image.mean() == pytest.approx(120, abs=0.2)
    assert image.std() == pytest.approx(level, rel=0.1)


def test_a_moment_has_its_noise_and_no_other() -> None:
    sensor, same = Sensor(1, width=160, height=90), Sensor(1, width=160, height=90)
    image = sensor.expose(FLAT, time=10**9, hour=12.0)
    assert np.array_equal(image, same.expose(FLAT, time=10**9, hour=12.0))
    assert not np.array_equal(image, sensor.expose(FLAT, time=2 * 10**9, hour=12.0))
    assert not np.array_equal(image, Sensor(2, width=160, height=90).expose(FLAT, time=10**9, hour=12.0))


def test_bright_and_dark_pictures_stay_in_range_and_the_input_is_left_alone() -> None:
    for grey in (0, 255):
        picture = np.full((90, 160, 3), grey, np.uint8)
        image = Sensor(1, width=160, height=90).expose(picture, time=0, hour=12.0).astype(int)
        assert np.abs(image - grey).mean() < 3
        assert (picture == grey).all()
