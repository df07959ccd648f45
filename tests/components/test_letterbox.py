"""The letterbox keeps aspect, pads bottom and right, and maps boxes by one number."""

import numpy as np
import pytest

from components.letterbox import PAD, letterbox


def test_same_size_is_the_same_picture():
    image = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    padded, scale = letterbox(image, 96, 64)
    assert scale == 1.0
    assert np.array_equal(padded, image)


@pytest.mark.parametrize(("h", "w"), [(540, 960), (480, 640), (1080, 1920), (33, 77), (300, 100)])
def test_pads_bottom_and_right_only(h, w):
    padded, scale = letterbox(np.zeros((h, w, 3), np.uint8), 384, 224)
    assert padded.shape == (224, 384, 3)
    assert padded.dtype == np.uint8
    inner_h, inner_w = round(h * scale), round(w * scale)
    assert (padded[:inner_h, :inner_w] == 0).all()
    assert (padded[inner_h:] == PAD).all()
    assert (padded[:, inner_w:] == PAD).all()
    assert inner_w == 384 or inner_h == 224


def test_a_box_maps_by_one_scale():
    image = np.zeros((540, 960, 3), np.uint8)
    image[100:300, 400:500] = 255
    padded, scale = letterbox(image, 480, 320)
    ys, xs = np.nonzero(padded[:, :, 0] == 255)
    found = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
    assert np.abs(found - np.array([400, 100, 500, 300]) * scale).max() <= 1


def test_enlarges_a_small_picture():
    padded, scale = letterbox(np.zeros((10, 20, 3), np.uint8), 40, 40)
    assert scale == 2.0
    assert (padded[:20] == 0).all()
    assert (padded[20:] == PAD).all()


def test_does_not_write_into_its_input():
    image = np.full((10, 10, 3), 7, np.uint8)
    padded, _ = letterbox(image, 20, 10)
    padded[:] = 0
    assert (image == 7).all()
