from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from components.contracts import Calibration, Camera, InputError
from components.geometry import transform_points
from components.monitoring.moved import Watch, floor_error, since
from components.view import View
from tests.components.monitoring.conftest import LENS, SECOND, SIZE, TEN, turned

FLAT = Camera("cam", "Desk", ((0.01, 0, 0), (0, 0.01, 0), (0, 0, 1)))
DOWN = Calibration(  # 3 m up, looking ahead and down
    tuple(map(tuple, LENS.tolist())), (), ((1.0, 0.0, 0.0), (0.0, -0.5, -(0.75**0.5)), (0.0, 0.75**0.5, -0.5)),
    (0.0, 3 * 0.75**0.5, 1.5), SIZE,
)  # fmt: skip
WATCH = Watch(window=5, windows=2, least=3.0)


def find(pictures, camera=FLAT):
    return WATCH.find(camera, WATCH.reference(pictures), pictures)


@pytest.mark.parametrize("light", [1.0, 0.3])
def test_a_camera_that_hangs_still_is_not_called_moved(film, light) -> None:
    assert find(film(light=light)) is None


@pytest.mark.parametrize(("at", "pan"), [(20, 2.0), (13, 1.0), (27, -6.0)])
def test_a_move_is_found_at_its_very_picture(film, at, pan) -> None:
    found = find(film(turned(pan, 0.3), at=at))
    assert found is not None and found.camera == FLAT
    assert (found.in_place, found.moved) == (TEN + (at - 1) * SECOND, TEN + at * SECOND)
    assert found.confidence > 0.5 and abs(found.pixels - abs(pan) * 7) < 0.15 * found.pixels + 1
    assert found.proposal is not None and found.proposal.version != FLAT.version


def test_a_push_that_does_not_last_is_not_called_a_move(film) -> None:
    pictures = film(turned(3.0))
    assert find([*pictures[:15], *pictures[20:25], *pictures[:15]]) is None


def test_the_floor_mapping_is_carried_over() -> None:
    mapping = np.linalg.inv(turned(3.0, 1.0))  # now -> then
    moved = since(FLAT, mapping)
    assert moved is not None
    pixels = np.array([[100.0, 200.0], [300.0, 250.0]])
    before = transform_points(mapping, pixels)
    assert np.allclose(transform_points(moved.homography, pixels), transform_points(FLAT.homography, before))


def test_a_calibrated_camera_that_has_turned_stays_calibrated() -> None:
    camera = Camera("cam", "", DOWN.homography, DOWN)
    mapping = np.linalg.inv(turned(4.0, 1.0))
    moved = since(camera, mapping)
    assert moved is not None and moved.calibration is not None
    assert np.allclose(moved.calibration.position, DOWN.position)  # it hangs where it did
    there = View(camera).pixels(np.array([[0.0, 4.0], [1.0, 6.0]]))
    now = transform_points(np.linalg.inv(mapping), there)
    assert np.abs(View(moved).place(now) - [[0, 4], [1, 6]]).max() < 1e-6
    assert 0.2 < floor_error(camera, mapping, SIZE[::-1]) < 2.0


def test_a_calibrated_camera_that_was_hung_elsewhere_has_to_be_calibrated_again() -> None:
    camera = Camera("cam", "", DOWN.homography, DOWN)
    assert since(camera, np.array([[1.3, 0, 40], [0, 1, -30], [0.0005, 0, 1]])) is None


def test_a_move_of_a_calibrated_camera_is_proposed_with_its_lens(film) -> None:
    camera = replace(FLAT, homography=DOWN.homography, calibration=DOWN)
    found = find(film(turned(3.0, 1.0)), camera)
    assert found is not None and found.proposal is not None and found.proposal.calibration is not None
    expected = since(camera, np.linalg.inv(turned(3.0, 1.0)))
    assert np.abs(np.array(found.proposal.calibration.rotation) - np.array(expected.calibration.rotation)).max() < 0.004
    assert 0.1 < found.metres < 1.5


def test_too_few_pictures(film) -> None:
    with pytest.raises(InputError, match="too few pictures"):
        WATCH.reference(film()[:4])
