import cv2
import numpy as np
import pytest

from components.geometry import iou, transform_boxes, transform_points

HALF = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]])  # what cv2.resize to half the size does to centres of pixels


def test_points_go_through_a_homography_like_in_opencv():
    matrix = np.array([[1.1, 0.2, 3], [-0.1, 0.9, 5], [0.001, 0.002, 1]])
    points = np.random.default_rng(0).uniform(0, 100, (20, 2))
    assert transform_points(matrix, points) == pytest.approx(cv2.perspectiveTransform(points[None], matrix)[0])


def test_the_box_of_a_whole_picture_stays_that_of_the_whole_picture():
    assert transform_boxes(HALF, [[0, 0, 640, 480]]) == pytest.approx(np.array([[0, 0, 320, 240]]))


def test_boxes_come_back_through_the_inverse():
    boxes = np.random.default_rng(1).uniform(0, 100, (10, 2)).repeat(2, 1)[:, [0, 2, 1, 3]] + [0, 0, 30, 40]
    assert transform_boxes(np.linalg.inv(HALF), transform_boxes(HALF, boxes)) == pytest.approx(boxes)


def test_a_turned_box_is_the_upright_box_around_it():
    quarter = np.array([[0, -1, 99], [1, 0, 0], [0, 0, 1.0]])  # 100x100 picture turned by 90 degrees
    assert transform_boxes(quarter, [[10, 20, 30, 60]]) == pytest.approx(np.array([[40, 10, 80, 30]]))


def test_nothing_stays_nothing():
    none = np.zeros((0, 4), np.float32)
    assert transform_boxes(HALF, none).shape == (0, 4)
    assert transform_points(HALF, np.zeros((0, 2))).shape == (0, 2)
    assert iou(none, [[0, 0, 1, 1]]).shape == (0, 1)


def test_overlap_is_shared_area_over_covered_area():
    assert iou([[0, 0, 10, 10]], [[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [0, 0, 5, 10]]).tolist() == [
        pytest.approx([1, 1 / 3, 0, 0.5])
    ]


def test_empty_boxes_overlap_with_nothing():
    assert iou([[5, 5, 5, 5]], [[5, 5, 5, 5], [0, 0, 10, 10]]).tolist() == [[0, 0]]
