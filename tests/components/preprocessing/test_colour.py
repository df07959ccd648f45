import cv2
import numpy as np
import pytest

from components.contracts import InputError
from components.preprocessing.colour import FullRange, Space, WhiteBalance


def cast(image):
    return np.ptp(image.reshape(-1, 3).mean(axis=0))


@pytest.fixture
def neutral(picture):
    return np.repeat(picture[..., :1], 3, axis=2)


@pytest.mark.parametrize("power", [1.0, 6.0])
def test_a_cast_is_taken_out(neutral, frame_of, power):
    yellow = np.clip(neutral * [0.7, 1.0, 1.1], 0, 255).astype(np.uint8)
    balanced = WhiteBalance(power=power)(frame_of(yellow)).image
    assert cast(balanced) < 3 < cast(yellow)
    assert balanced.mean() == pytest.approx(yellow.mean(), rel=0.1)


def test_the_limit_leaves_a_coloured_scene_coloured(neutral, frame_of):
    blue = np.clip(neutral * [1.0, 0.3, 0.3], 0, 255).astype(np.uint8)
    assert cast(WhiteBalance(limit=1.2)(frame_of(blue)).image) > 30


def test_levels_of_video_fill_the_range(picture, frame_of):
    video = np.array([[[16, 16, 16], [235, 235, 235], [4, 126, 250]]], np.uint8)
    assert FullRange()(frame_of(video)).image.tolist() == [[[0, 0, 0], [255, 255, 255], [0, 128, 255]]]


def test_another_space_is_opencvs(picture, frame_of):
    assert (Space("rgb")(frame_of(picture)).image == picture[..., ::-1]).all()
    assert (Space("hsv")(frame_of(picture)).image == cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)).all()


@pytest.mark.parametrize(
    "make", [lambda: WhiteBalance(power=0), lambda: WhiteBalance(limit=0.5), lambda: FullRange(black=240, white=20)]
)
def test_settings_that_make_no_sense_are_refused(make):
    with pytest.raises(InputError, match="expected"):
        make()
