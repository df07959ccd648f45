from __future__ import annotations

import cv2
import numpy as np
import pytest

from components.geometry import transform_points
from components.monitoring.comparison import Reference, correlation, way
from tests.components.monitoring.conftest import SIZE, turned

LEAST = 3.0


def compare(reference, picture, *, least):
    return Reference(reference).compare(picture, least=least)


@pytest.mark.parametrize("light", [1.0, 0.4, 0.2])
def test_the_same_view_in_any_light(view, light: float) -> None:
    assert compare(view(), view(light=light, seed=1), least=LEAST).verdict == "in place"


@pytest.mark.parametrize("turn", [(0.1, 0, 0), (1, 0, 0), (0, 0.8, 0), (0, 0, 2), (-3, 1, 1), (8, -3, 4)])
@pytest.mark.parametrize("light", [1.0, 0.4])
def test_how_far_a_camera_has_turned(view, turn, light) -> None:
    mapping = turned(*turn)
    pixels = way(mapping, SIZE[::-1])
    found = compare(view(), view(mapping, light=light, seed=1), least=LEAST)
    assert found.verdict == ("moved" if pixels >= LEAST else "in place")
    assert found.mapping is not None and abs(found.pixels - pixels) < max(0.5, 0.03 * pixels)
    corners = np.array([[60, 40], [420, 40], [420, 260], [60, 260]])
    assert np.abs(transform_points(found.mapping @ mapping, corners) - corners).max() < 2.0


def test_a_trolley_before_a_third_of_the_picture_is_no_move(view) -> None:
    picture = view(seed=1)
    picture[100:, :240] = np.random.default_rng(0).integers(60, 120, picture[100:, :240].shape)
    assert compare(view(), picture, least=LEAST).verdict == "in place"


def test_things_that_were_moved_are_no_move_of_the_camera(view) -> None:
    moved, picture = view(turned(2.0), seed=1), view(seed=1)
    picture[:, :200] = moved[:, :200]
    assert compare(view(), picture, least=LEAST).verdict == "in place"


@pytest.mark.parametrize(
    "spoil", [lambda image: image // 40, lambda image: cv2.GaussianBlur(image, (0, 0), 12), lambda image: image * 0 + 90]
)
def test_a_picture_that_shows_too_little_says_nothing(view, spoil) -> None:
    assert compare(view(), spoil(view(seed=1)), least=LEAST).verdict in {"unsure", "in place"}


def test_another_view_altogether_is_a_move_without_a_mapping(view) -> None:
    found = compare(
        view(), np.ascontiguousarray(view(seed=1)[::-1, ::-1].T[: SIZE[1], : SIZE[0]].repeat(2, 1)[:, : SIZE[0]]), least=LEAST
    )
    assert found.verdict == "moved" and found.mapping is None and np.isnan(found.pixels) and found.confidence <= 0.5


def test_pictures_of_another_size_are_of_another_view(view) -> None:
    assert compare(view(), view()[:, :400], least=LEAST).verdict == "moved"


def test_correlation_is_high_where_pictures_show_the_same(view) -> None:
    mapping = turned(5.0)
    there = view(mapping, seed=1)
    assert correlation(view(), there, np.linalg.inv(mapping)) > 0.8 > 0.4 > correlation(view(), there, None)
    assert correlation(view(), np.full_like(there, 90), None) == 0.0


def test_a_large_picture_is_compared_in_small_and_answered_in_its_own_pixels(view) -> None:
    def large(image):
        return cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)

    found = compare(large(view()), large(view(turned(2.0), seed=1)), least=LEAST)
    assert found.verdict == "moved" and abs(found.pixels - 4 * way(turned(2.0), SIZE[::-1])) < 1.5
