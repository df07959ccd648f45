from __future__ import annotations

import cv2
import numpy as np
import pytest

from components.sources.bodies import JOINT, joints, looks
from components.sources.figures import DICTIONARY, Pen, draw
from components.sources.optics import Pose
from components.sources.ward import Moment, Ward

POSE = Pose((0.0, 0.0, 2.7), (4.0, 0.0, 1.0), 85.0, 960, 540)


def _drawn(
    ward: Ward, number: int, *, metres: float = 4.0, heading: float = np.pi, badge: int = 7, light: float = 1.0
) -> np.ndarray:
    """Somebody `metres` in front of a camera; heading pi looks into it."""
    one = np.ones(1)
    moment = Moment(np.array([number]), np.array([[metres, 0.0]]), one * heading, one * 0, one * 0, one * 0)
    cast = looks(ward)
    pixels, depth = POSE.project(joints(moment, cast))
    canvas = np.zeros((540, 960, 3), np.uint8)
    scale = POSE.lens[0, 0] / depth[0, JOINT["head"]]
    draw(Pen(canvas, pixels[0], depth[0], scale, np.full(3, light)), cast[number], badge)
    return canvas


def _size(canvas: np.ndarray) -> tuple[int, int]:
    *_, wide, high = cv2.boundingRect(canvas.max(-1))
    return wide, high


def _ids(canvas: np.ndarray) -> list[float]:
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(DICTIONARY), cv2.aruco.DetectorParameters())
    ids = detector.detectMarkers(cv2.resize(canvas, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))[1]
    return [] if ids is None else ids.ravel().tolist()


@pytest.mark.parametrize("metres", [2.5, 4.0, 6.0])
@pytest.mark.parametrize("heading", [np.pi, 0.0])
@pytest.mark.parametrize("badge", [1, 12, 31])
def test_the_badge_can_be_read_on_chest_and_back(ward: Ward, metres: float, heading: float, badge: int) -> None:
    assert _ids(_drawn(ward, 0, metres=metres, heading=heading, badge=badge)) == [badge]


def test_from_the_side_or_without_a_badge_there_is_nothing_to_read(ward: Ward) -> None:
    assert _ids(_drawn(ward, 0, heading=np.pi / 2)) == []
    assert _ids(_drawn(ward, 0, badge=-1)) == []


def test_people_shrink_with_distance_and_keep_their_shape(ward: Ward) -> None:
    near, far = _size(_drawn(ward, 0, metres=4.0)), _size(_drawn(ward, 0, metres=8.0))
    assert near[1] / far[1] == pytest.approx(8 / 4, rel=0.15)
    assert 2.2 < near[1] / near[0] < 4.5


def test_front_and_back_differ(ward: Ward) -> None:
    front, back = _drawn(ward, 0, badge=-1).astype(int), _drawn(ward, 0, heading=0.0, badge=-1).astype(int)
    assert (np.abs(front - back).max(-1) > 30).sum() > 150  # at least the face


def test_everything_drawn_is_not_black_even_in_the_dark(ward: Ward) -> None:
    day, night = (_drawn(ward, 6, light=light) for light in (1.0, 0.05))
    assert np.array_equal(day.any(-1), night.any(-1))
    assert night.max() < 20 and night[night.any(-1)].min() >= 1
