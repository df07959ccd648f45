from dataclasses import replace

import numpy as np
import pytest

from components import pixels
from components.contracts import Calibration, Camera, Frame
from components.geometry import transform_boxes

EYE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
BARREL = (-0.22, 0.2, 0.001, 0.002, -0.1)
SIZE = (1288, 728)
BOXES = np.array([(100.0, 80, 180, 300), (600, 300, 700, 600), (1000, 400, 1080, 700)])


@pytest.fixture
def frame():
    lens = ((1020.0, 0.0, 625.0), (0.0, 1022.0, 346.0), (0.0, 0.0, 1.0))
    calibration = Calibration(lens, BARREL, EYE, (0.0, 0.0, 3.0), SIZE)
    half = np.diag([2.0, 2.0, 1.0])
    half[:2, 2] = 0.5
    return Frame(Camera("cam", "", EYE, calibration), 0, 0, "", 0, np.zeros((364, 644, 3), np.uint8), half)


def test_without_a_straightened_lens_the_matrix_says_it_all(frame):
    assert pixels.native_boxes(frame, BOXES / 2) == pytest.approx(transform_boxes(frame.to_native, BOXES / 2))
    assert pixels.picture_boxes(frame, BOXES) == pytest.approx(BOXES / 2)
    assert pixels.native_points(frame, [(0, 0)]) == pytest.approx(np.array([[0.5, 0.5]]))


def test_a_straightened_picture_gives_native_points_back(frame):
    straight = replace(frame, straight=True)
    points = np.array([(20.0, 30), (322, 182), (600, 340)])
    there = pixels.native_points(straight, points)
    assert np.abs(there - pixels.native_points(frame, points))[[0, 2]].max() > 5, "this lens bends visibly"
    assert pixels.picture_points(straight, there) == pytest.approx(points, abs=1e-6)


def test_boxes_through_a_straightened_lens_keep_heads_and_feet(frame):
    straight = replace(frame, straight=True)
    boxes = pixels.picture_boxes(straight, BOXES)
    assert pixels.native_boxes(straight, boxes) == pytest.approx(BOXES, abs=4)
    feet = np.column_stack([boxes[:, [0, 2]].mean(1), boxes[:, 3]])
    assert pixels.native_points(straight, feet - 0.5)[:, 1] + 0.5 == pytest.approx(pixels.native_boxes(straight, boxes)[:, 3])


def test_what_the_model_of_a_lens_cannot_place_is_an_empty_box(frame):
    calibration = replace(frame.camera.calibration, distortion=(-0.6, 0.0, 0.0, 0.0))
    straight = replace(frame, camera=replace(frame.camera, calibration=calibration), straight=True)
    assert (pixels.picture_boxes(straight, [(4000, 4000, 4100, 4100)]) == 0).all()


def test_the_limits_are_those_of_the_camera_also_in_a_padded_picture(frame):
    assert pixels.limits(frame) == pytest.approx(np.array([0, 0, 1288, 728]))
    padded = replace(frame, image=np.zeros((644, 644, 3), np.uint8))
    assert pixels.limits(padded) == pytest.approx(np.array([0, 0, 1288, 728]))
