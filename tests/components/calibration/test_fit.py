from dataclasses import replace

import numpy as np
import pytest

from components.calibration.fit import fit
from components.contracts import InputError


def of(points, lens=None, **words):
    known = {"matrix": lens.matrix, "distortion": lens.distortion, "size": lens.size} if lens else {}
    return fit(points, camera="cam", location="Desk", **known, **words)


def test_the_place_of_a_camera_follows_from_its_lens_and_points(clicked, lens):
    found = of(clicked(), lens)
    calibration = found.camera.calibration
    assert (found.camera.id, found.camera.location, found.camera.homography) == ("cam", "Desk", calibration.homography)
    assert calibration.position == pytest.approx((0, 0, 2.8), abs=1e-3)
    assert np.array(calibration.rotation) == pytest.approx(np.array(lens.rotation), abs=1e-4)
    assert (calibration.matrix, calibration.distortion, calibration.size) == (lens.matrix, lens.distortion, lens.size)
    assert found.residuals.max() < 1e-3 and found.left_out.max() < 1e-3 and not found.outliers.any()


def test_errors_are_those_of_the_clicks(clicked, lens):
    found = of(clicked(noise=2.0), lens)
    assert 0.005 < np.median(found.residuals) < 0.08
    assert np.median(found.left_out) > np.median(found.residuals)
    assert found.camera.calibration.position == pytest.approx((0, 0, 2.8), abs=0.15)


def test_without_a_lens_there_is_a_homography_that_does_not_know_it(clicked, lens):
    points = clicked()
    found = of(points)
    assert found.camera.calibration is None
    assert found.residuals.max() > 3 * of(points, lens).residuals.max()
    straight = replace(points, pixels=of(points, lens).camera.calibration and points.pixels)
    assert of(straight).camera == found.camera, "the same points give the same camera"


def test_a_wrong_click_is_left_aside_and_named(clicked, lens):
    points = clicked(noise=1.0)
    points.pixels[4] += (60, -20)
    found = of(points, lens)
    assert found.outliers.tolist() == [i == 4 for i in range(9)]
    assert found.residuals[4] > 0.3 > found.residuals[np.arange(9) != 4].max()


def test_four_points_fit_and_say_nothing_of_the_error(clicked):
    corners = [(-2, 3), (2, 3), (1.5, 6), (-1.5, 6)]
    found = of(clicked(places=corners))
    assert found.residuals.max() < 1e-6 and found.left_out is None
    assert of(clicked(places=[*corners, (0, 4)])).left_out is not None


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([(0, 3), (1, 4), (-1, 5)], "3 points, expected at least 4"),
        ([(0, 3), (0, 4), (0, 5), (0, 6), (0, 7)], "on one line; add points beside it"),
        ([(1, 3)] * 5, "on one line"),
        ([(0, 3), (0, 4), (0, 5), (2, 6)], "points"),
    ],
)
def test_points_that_determine_nothing_are_refused(clicked, places, said):
    with pytest.raises(InputError, match=said):
        of(clicked(places=places))


def test_points_that_contradict_each_other_are_refused(clicked):
    points = clicked()
    shuffled = replace(points, floor=np.random.default_rng(2).permutation(points.floor))
    with pytest.raises(InputError, match=r"only \d of 9 points agree within 8 pixels"):
        of(shuffled)


def test_mirrored_axes_are_recognised_where_the_lens_is_known(clicked, lens):
    points = clicked()
    with pytest.raises(InputError, match="axes are mirrored"):
        of(replace(points, floor=points.floor * (1, -1)), lens)
    assert of(replace(points, floor=points.floor * (1, -1))).camera.calibration is None, "a homography does not mind"
