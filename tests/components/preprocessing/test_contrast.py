import numpy as np
import pytest

from components.contracts import InputError
from components.preprocessing.contrast import Brightness, Clahe


def test_clahe_brings_out_a_flat_picture(picture, frame_of):
    flat = (picture // 6 + 100).astype(np.uint8)
    image = Clahe(clip=3)(frame_of(flat)).image
    assert image.shape == flat.shape and image.std() > 1.5 * flat.std()


@pytest.mark.parametrize("light", [0.4, 0.7, 1.0, 1.3])
def test_pictures_of_one_scene_get_the_same_brightness(picture, frame_of, light):
    lit = np.clip(picture * light, 0, 255).astype(np.uint8)
    assert Brightness(mean=110)(frame_of(lit)).image.mean() == pytest.approx(110, abs=12)


def test_a_black_picture_stays_black_and_a_white_one_white(frame_of):
    for level in (0, 255):
        image = np.full((40, 40, 3), level, np.uint8)
        assert (Brightness()(frame_of(image)).image == level).all()


def test_the_limit_keeps_a_night_a_night(picture, frame_of):
    night = (picture // 40).astype(np.uint8)
    assert Brightness(limit=1.5)(frame_of(night)).image.mean() < 30


@pytest.mark.parametrize(
    "make", [lambda: Clahe(clip=0), lambda: Clahe(tiles=0), lambda: Brightness(mean=300), lambda: Brightness(limit=0.5)]
)
def test_settings_that_make_no_sense_are_refused(make):
    with pytest.raises(InputError, match="expected"):
        make()
