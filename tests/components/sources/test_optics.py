from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from components.contracts import InputError
from components.sources.optics import Pose

POSE = Pose((7.2, 4.7, 2.7), (3.4, 1.2, 0.5), 86.0, 960, 540)


def test_the_point_looked_at_is_in_the_middle() -> None:
    pixel, depth = POSE.project(np.array(POSE.look_at))
    assert pixel == pytest.approx([479.5, 269.5])
    assert depth == pytest.approx(np.linalg.norm(np.subtract(POSE.look_at, POSE.position)))


def test_up_is_up_and_right_is_right() -> None:
    pose = Pose((0, 0, 2), (5, 0, 2), 90.0, 100, 100)
    (above, right), _ = pose.project(np.array([[5.0, 0.0, 3.0], [5.0, -1.0, 2.0]]))
    assert above == pytest.approx([49.5, 39.5])
    assert right == pytest.approx([59.5, 49.5])


def test_the_homography_undoes_the_projection_on_the_floor() -> None:
    floor = np.array([[3.0, 1.0, 0.0], [5.5, 2.5, 0.0], [1.0, 0.5, 0.0]])
    pixels, _ = POSE.project(floor)
    back = np.column_stack([pixels, np.ones(3)]) @ np.array(POSE.to_floor).T
    assert back[:, :2] / back[:, 2:] == pytest.approx(floor[:, :2], abs=1e-9)


def test_rays_and_projection_agree() -> None:
    point = np.asarray(POSE.position) + POSE.rays()[100, 700] * 3.0
    pixel, depth = POSE.project(point)
    assert pixel == pytest.approx([700, 100], abs=1e-3)
    assert depth == pytest.approx(3.0, abs=1e-5)


def test_a_knock_moves_the_picture_the_way_it_says() -> None:
    def seen(**knock: float) -> np.ndarray:
        turned = replace(POSE, knock=(knock.get("pan", 0.0), knock.get("tilt", 0.0), knock.get("roll", 0.0)))
        return turned.project(np.array([3.4, 1.2, 0.9]))[0] - POSE.project(np.array([3.4, 1.2, 0.9]))[0]

    assert seen(pan=5.0)[0] < -30  # looking to the right moves things to the left
    assert seen(tilt=5.0)[1] > 30  # looking up moves things down
    assert seen(roll=5.0)[0] < -1  # clockwise camera, counter-clockwise picture: what is above the middle goes left
    assert replace(POSE, knock=(0.0, 0.0, 0.0)) == POSE


@pytest.mark.parametrize(("change", "said"), [({"hfov": 170.0}, "hfov"), ({"look_at": (7.2, 4.7, 0.0)}, "look_at")])
def test_impossible_poses_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        replace(POSE, **change)
