from dataclasses import replace

import cv2
import numpy as np
import pytest

from components.contracts import Calibration, Camera, InputError
from components.pixels import native_boxes, native_points, picture_points
from components.preprocessing.resize import Resize
from components.preprocessing.undistort import Undistort

EYE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
MATRIX = ((500.0, 0.0, 320.0), (0.0, 505.0, 182.0), (0.0, 0.0, 1.0))
BARREL, CUSHION = (-0.25, 0.08, 0.001, 0.002, 0.0), (0.2, 0.0, 0.0, 0.0)


def camera(distortion):
    return Camera("cam", "", EYE, Calibration(MATRIX, distortion, EYE, (0.0, 0.0, 3.0), (640, 360)))


@pytest.fixture
def board(frame_of):
    """What a camera behind a bent lens makes of a straight red line on white."""

    def make(distortion):
        v, u = np.mgrid[0:360, 0:640].astype(np.float64)
        pixels = np.stack([u, v], -1).reshape(-1, 1, 2)
        straight = cv2.undistortPoints(pixels, np.array(MATRIX), np.array(distortion), P=np.array(MATRIX)).reshape(360, 640, 2)
        image = np.where((np.abs(straight[..., 0] - 560) < 3)[..., None], (0, 0, 255), 255).astype(np.uint8)
        return replace(frame_of(image), camera=camera(distortion))

    return make


def crookedness(image):
    """How far, in px, the red line is from straight."""
    red = (image[..., 2] > 150) & (image[..., 1] < 120)
    rows = np.arange(40, image.shape[0] - 40, 10)
    columns = np.array([np.flatnonzero(red[row]).mean() for row in rows])
    return np.abs(columns - np.polyval(np.polyfit(rows, columns, 1), rows)).max()


@pytest.mark.parametrize("distortion", [BARREL, CUSHION])
@pytest.mark.parametrize("keep", ["inside", "all"])
def test_straight_lines_are_straight(board, distortion, keep):
    frame = board(distortion)
    straight = Undistort(keep=keep)(frame)
    assert straight.straight and straight.image.shape == frame.image.shape
    assert crookedness(straight.image) <= 1 < 2 < crookedness(frame.image)


def test_inside_shows_nothing_that_was_not_seen_and_all_shows_everything(board):
    white = replace(board(BARREL), image=np.full((360, 640, 3), 255, np.uint8))
    assert Undistort(keep="inside")(white).image.min() == 255
    whole = Undistort(keep="all")(white)
    assert (whole.image[:5, :5] == 0).all() or (whole.image[:, 0] == 0).any()
    corners = picture_points(whole, [(0, 0), (639, 0), (0, 359), (639, 359)])
    assert (corners >= -1).all() and (corners <= [640, 360]).all()


@pytest.mark.parametrize("keep", ["inside", "all"])
@pytest.mark.parametrize("width", [None, 320])
def test_pixels_are_where_the_mapping_says(board, keep, width):
    """Also where other steps come before and after it."""
    frame = board(BARREL)
    marked = np.full_like(frame.image, 255)
    cv2.circle(marked, (500, 290), 5, (0, 0, 255), -1)
    frame = replace(frame, image=marked)
    before = Resize(width=width)(frame) if width else frame
    after = Resize(width=400)(Undistort(keep=keep)(before))
    red = np.argwhere((after.image[..., 2] > 180) & (after.image[..., 1] < 90))[:, ::-1]
    assert native_points(after, [red.mean(axis=0)])[0] == pytest.approx((500, 290), abs=1)
    x, y = red.mean(axis=0) + 0.5
    box = native_boxes(after, [(x - 4, y - 10, x + 4, y + 10)])[0]
    assert (box[:2] < (500.5, 290.5)).all() and (box[2:] > (500.5, 290.5)).all()


def test_a_perfect_lens_and_a_straight_picture_are_left_alone(board):
    frame = board(BARREL)
    perfect = replace(frame, camera=camera(()))
    assert Undistort()(perfect) is perfect
    once = Undistort()(frame)
    assert Undistort()(once) is once


def test_a_camera_that_was_never_calibrated_is_refused_by_name(picture, frame_of):
    with pytest.raises(InputError, match=r"camera cam has no calibration; .*flows.calibrate"):
        Undistort()(frame_of(picture))
    frame = frame_of(picture)
    assert Undistort(uncalibrated="pass")(frame) is frame
