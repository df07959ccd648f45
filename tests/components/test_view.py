from dataclasses import replace

import cv2
import numpy as np
import pytest

from components.contracts import Calibration, Camera
from components.view import View

DEEP = 0.75**0.5
LENS = Calibration(  # 2.8 m up, 30 degrees below the horizon, looking along y
    ((600.0, 0.0, 480.0), (0.0, 600.0, 270.0), (0.0, 0.0, 1.0)), (-0.28, 0.1, 0.001, -0.0005, -0.02),
    ((1.0, 0.0, 0.0), (0.0, -0.5, -DEEP), (0.0, DEEP, -0.5)), (0.0, 2.8 * DEEP, 1.4), (960, 540),
)  # fmt: skip
CAMERA = Camera("cam", "", LENS.homography, LENS)
PLACES = np.array([(0.0, 3.0), (-1.5, 3.5), (2.0, 5.0), (-3.0, 6.0), (0.5, 8.0)])
PICTURE = np.array([0.0, 0.0, 960.0, 540.0])


def projected(height):
    rotation = cv2.Rodrigues(np.array(LENS.rotation))[0]
    world = np.column_stack([PLACES, np.full(len(PLACES), height)])
    return cv2.projectPoints(world, rotation, np.array(LENS.translation), np.array(LENS.matrix), np.array(LENS.distortion))[0][
        :, 0
    ]


@pytest.mark.parametrize("height", [0.0, 1.7])
def test_places_become_the_pixels_that_opencv_says_and_come_back(height):
    view = View(CAMERA)
    assert view.pixels(PLACES, height) == pytest.approx(projected(height))
    assert view.place(view.straight(projected(height)), height) == pytest.approx(PLACES, abs=1e-6)


@pytest.mark.parametrize("height", [0.0, 1.7])
def test_the_jacobian_is_what_a_small_step_does(height):
    view, pixels, step = View(CAMERA), projected(0.0), 1e-3
    found = view.jacobian(view.look(pixels), height)
    for axis, way in enumerate(np.eye(2) * step):
        moved = view.place(view.straight(pixels + way), height) - view.place(view.straight(pixels - way), height)
        assert found[:, :, axis] == pytest.approx(moved / (2 * step), rel=2e-3, abs=1e-5)


def test_what_is_above_the_horizon_is_on_its_other_side():
    view = View(CAMERA)
    ground = view.ground(PICTURE)
    assert view.below_horizon(view.straight(projected(0.0)), ground).all()
    assert not view.below_horizon(np.array([(480.0, -200.0)]), ground).any()


def test_where_the_model_of_a_lens_does_not_hold_there_is_nothing():
    wild = replace(LENS, distortion=(-0.9, 0.0, 0.0, 0.0))
    straight = View(Camera("cam", "", wild.homography, wild)).straight(np.array([(480.0, 270.0), (2.0, 2.0)]))
    assert straight[0] == pytest.approx((480, 270)) and np.isnan(straight[1]).all()


def test_a_camera_of_which_only_the_floor_is_known_has_no_lens_and_no_place():
    view = View(Camera("cam", "", LENS.homography))
    points = np.array([(100.0, 400.0), (700.0, 300.0)])
    assert view.straight(points) is points and np.isnan(view.position).all()
    assert view.pixels(view.place(points)) == pytest.approx(points)
    assert view.look(points).bend == pytest.approx(np.tile(np.eye(2), (2, 1, 1)))
