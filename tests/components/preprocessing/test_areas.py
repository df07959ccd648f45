from dataclasses import replace

import numpy as np
import pytest

from components.contracts import Calibration, Camera, Frame, InputError, Rejected
from components.pixels import native_points
from components.preprocessing.areas import Areas
from components.preprocessing.chain import hides
from components.preprocessing.hiding import GREY
from components.preprocessing.resize import Resize
from components.preprocessing.undistort import Undistort

EYE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
DOOR = ((20.0, 10.0), (60.0, 10.0), (60.0, 80.0), (20.0, 80.0))


@pytest.fixture
def white(frame_of):
    return frame_of(np.full((144, 192, 3), 255, np.uint8))


def test_the_area_is_hidden_and_a_margin_around_it(white):
    image = Areas({"cam": (DOOR,)})(white).image
    assert (image[10:81, 20:61] == GREY).all()
    assert (image[:6] == 255).all() and (image[:, 66:] == 255).all() and (image[86:] == 255).all()


@pytest.mark.parametrize(
    "steps", [[Resize(width=64)], [Resize(width=400)], [Undistort()], [Resize(width=300), Undistort(keep="all")]]
)
def test_native_corners_hold_after_whatever_was_done_to_the_picture(white, steps):
    lens = ((150.0, 0.0, 96.0), (0.0, 150.0, 72.0), (0.0, 0.0, 1.0))
    camera = Camera("cam", "", EYE, Calibration(lens, (-0.2, 0.05, 0.0, 0.0), EYE, (0.0, 0.0, 3.0), (192, 144)))
    frame = replace(white, camera=camera)
    for step in steps:
        frame = step(frame)
    hidden = Areas({"cam": (DOOR,)})(frame)
    h, w = hidden.image.shape[:2]
    v, u = np.mgrid[0:h, 0:w]
    x, y = native_points(hidden, np.stack([u, v], -1).reshape(-1, 2)).T.reshape(2, h, w)
    inside = (x >= 20) & (x <= 60) & (y >= 10) & (y <= 80)
    far = (x < 20 - 9) | (x > 60 + 9) | (y < 10 - 9) | (y > 80 + 9)
    assert inside.sum() > 50 and (hidden.image[inside] == GREY).all(), "nothing of the area is seen"
    assert (hidden.image[far] == frame.image[far]).all(), "and all of the rest is"


def test_a_camera_that_nobody_thought_of_has_no_picture(white):
    assert Areas({"other": ()})(white) == Rejected("unmasked")
    assert Areas({"other": ()}, unlisted="pass")(white) is white


def test_a_camera_with_nothing_to_hide_is_seen_whole(white):
    assert Areas({"cam": ()})(white) is white


def test_an_area_can_be_hidden_less_than_whole(picture, frame_of):
    image = Areas({"cam": (DOOR,)}, how="pixelate")(frame_of(picture)).image
    assert not (image[10:81, 20:61] == GREY).all() and (image[30:60, 30:50] != picture[30:60, 30:50]).any()


def test_it_says_that_it_hides(white):
    assert hides([Areas({})]) and not hides([Resize(width=4)])
    assert isinstance(Areas({"cam": (DOOR,)})(white), Frame)


@pytest.mark.parametrize("area", [((0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), (1.0, 1.0), (float("nan"), 0.0))])
def test_an_area_without_three_corners_is_refused(area):
    with pytest.raises(InputError, match="of camera cam: expected at least 3 corners"):
        Areas({"cam": (area,)})
