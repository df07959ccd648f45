from __future__ import annotations

import numpy as np
import pytest

from components.contracts import Camera, Detections, Frame
from components.reid.colours import Colours, described

FLOOR = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
BLUE, GREEN, DARK = (170, 110, 40), (60, 150, 60), (40, 40, 40)


def _person(top: tuple[int, int, int], legs: tuple[int, int, int], size: tuple[int, int] = (40, 96)) -> np.ndarray:
    width, height = size
    picture = np.full((height, width, 3), (120, 160, 200), np.uint8)
    picture[height // 5 : height * 11 // 20], picture[height * 11 // 20 :] = top, legs
    return picture


def test_features_are_of_unit_length() -> None:
    assert np.linalg.norm(described(_person(BLUE, DARK))) == pytest.approx(1.0)


def test_the_same_clothes_are_alike_at_any_size_and_other_clothes_are_not() -> None:
    nurse = described(_person(BLUE, DARK))
    assert nurse @ described(_person(BLUE, DARK, (90, 210))) > 0.95
    assert nurse @ described(_person(GREEN, DARK)) < 0.85


def test_each_detection_keeps_its_box_and_gets_its_features() -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    image[20:116, 30:70], image[20:116, 130:170] = _person(BLUE, DARK), _person(GREEN, DARK)
    frame = Frame(Camera("cam", "", FLOOR), 0, 0, "", 0, image, np.eye(3))
    boxes = np.array([[30, 20, 70, 116], [130, 20, 170, 116], [500, 500, 520, 560]], np.float32)
    found = Detections(boxes, np.ones(3, np.float32), np.zeros(3, np.int64))
    (seen,) = Colours().embed([frame], [found])
    assert np.array_equal(seen.boxes, boxes) and seen.features.shape == (3, 165)
    assert np.allclose(seen.features[0], described(_person(BLUE, DARK)), atol=1e-6)
    assert not seen.features[2].any()  # no pixel of it is in the picture


def test_no_detections_are_no_features() -> None:
    frame = Frame(Camera("cam", "", FLOOR), 0, 0, "", 0, np.zeros((10, 10, 3), np.uint8), np.eye(3))
    nobody = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    (seen,) = Colours().embed([frame], [nobody])
    assert seen.features.shape == (0, 165)
