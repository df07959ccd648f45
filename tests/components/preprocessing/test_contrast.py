import cv2
import numpy as np
import pytest

from components.contracts import InputError
from components.preprocessing.contrast import Brightness, Clahe, Gamma, Normalise


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
    "make",
    [
        lambda: Clahe(clip=0),
        lambda: Clahe(tiles=0),
        lambda: Brightness(mean=300),
        lambda: Brightness(limit=0.5),
        lambda: Gamma(gamma=0),
        lambda: Normalise(contrast=0),
        lambda: Normalise(limit=0.1),
    ],
)
def test_settings_that_make_no_sense_are_refused(make):
    with pytest.raises(InputError, match="expected"):
        make()


def test_a_gamma_opens_shadows_and_keeps_the_ends(frame_of):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    brighter, darker = (Gamma(gamma=gamma)(frame_of(ramp)).image[..., 0].ravel() for gamma in (0.5, 2.0))
    assert (brighter >= ramp[..., 0].ravel()).all() and (darker <= ramp[..., 0].ravel()).all()
    assert brighter[[0, 64, 255]].tolist() == [0, 128, 255]


@pytest.mark.parametrize(("light", "haze"), [(0.5, 0), (1.2, 0), (0.5, 100)])
def test_mean_and_contrast_become_those_asked_for(picture, frame_of, light, haze):
    dull = np.clip(picture * light + haze, 0, 255).astype(np.uint8)
    luma = cv2.cvtColor(Normalise(mean=110, contrast=40)(frame_of(dull)).image, cv2.COLOR_BGR2GRAY)
    assert luma.mean() == pytest.approx(110, abs=3) and luma.std() == pytest.approx(40, abs=3)


def test_a_camera_gets_the_light_of_its_own_reference(picture, frame_of, tmp_path):
    path = tmp_path / "good.png"
    cv2.imwrite(str(path), picture)
    dull = (picture // 3 + 20).astype(np.uint8)
    image = Normalise(references={"cam": str(path)})(frame_of(dull)).image
    assert image.mean() == pytest.approx(picture.mean(), abs=4) and image.std() == pytest.approx(picture.std(), rel=0.15)


def test_an_empty_wall_is_not_blown_up(frame_of):
    wall = np.random.default_rng(0).normal(120, 1, (60, 80, 1)).astype(np.uint8).repeat(3, axis=2)
    assert Normalise(limit=3.0)(frame_of(wall)).image.std() < 4


def test_a_reference_that_is_no_picture_is_named(tmp_path):
    with pytest.raises(InputError, match=r"reference .*nothing.png of camera cam is not a picture"):
        Normalise(references={"cam": str(tmp_path / "nothing.png")})
