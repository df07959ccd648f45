from __future__ import annotations

import numpy as np
import pytest

from components.sources.optics import Pose
from components.sources.scenery import FAR, Scenery

POSE = Pose((7.2, 4.7, 2.7), (3.4, 1.2, 0.5), 86.0, 480, 270)


@pytest.fixture(scope="module")
def scenery() -> Scenery:
    return Scenery(POSE)


def _pixel(point: tuple[float, float, float]) -> tuple[int, int]:
    u, v = np.rint(POSE.project(np.array(point))[0]).astype(int)
    return v, u


def test_floor_is_where_the_camera_model_puts_it(scenery: Scenery) -> None:
    assert scenery.floor[_pixel((3.75, 3.3, 0.0))] == 255
    assert scenery.floor[_pixel((3.75, 1.4, 0.6))] == 0  # a blanket


def test_what_can_hide_people_knows_its_distance(scenery: Scenery) -> None:
    footboard = (3.75, 2.26, 0.7)
    expected = np.subtract(footboard[:2], POSE.position[:2]) @ POSE.ahead
    assert scenery.ahead[_pixel(footboard)] == pytest.approx(expected, abs=0.05)
    assert scenery.ahead[_pixel((3.75, 3.3, 0.0))] == np.float32(FAR)  # the floor hides nobody


def test_the_picture_follows_the_hour(scenery: Scenery) -> None:
    noon, evening, night = (scenery.lit(hour) for hour in (12.0, 20.0, 3.0))
    assert noon.mean() > evening.mean() + 5 > night.mean() + 25
    window = _pixel((1.1, 0.06, 1.8))
    assert noon[window].min() > 200 > 90 > night[window].max()
    assert noon.shape == (270, 480, 3) and noon.dtype == np.uint8


def test_surfaces_are_told_apart(scenery: Scenery) -> None:
    picture = scenery.lit(12.0).astype(int)
    blanket, floor = picture[_pixel((3.75, 1.4, 0.64))], picture[_pixel((3.75, 3.4, 0.0))]
    assert blanket[0] - blanket[2] > 30 > abs(floor[0] - floor[2])
