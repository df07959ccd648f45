import cv2
import numpy as np
import pytest

from components.preprocessing.planes import colourless, each, luma, relit, seen_thrice


def test_a_plane_seen_thrice_takes_no_memory_and_cannot_be_written(picture):
    plane = np.ascontiguousarray(picture[..., 0])
    image = seen_thrice(plane)
    assert colourless(image) and image.shape == picture.shape and luma(image).base is not None
    assert np.shares_memory(luma(image), plane)
    with pytest.raises(ValueError, match="read-only"):
        image[0, 0] = 1


def test_a_coloured_picture_is_none(picture):
    assert not colourless(picture)
    assert (luma(picture) == cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)).all()


def test_work_on_a_colourless_picture_is_done_once(picture):
    seen = []
    result = each(seen_thrice(picture[..., 0]), lambda part: seen.append(part.ndim) or 255 - part)
    assert seen == [2] and colourless(result) and (result[..., 2] == 255 - picture[..., 0]).all()
    assert (each(picture, lambda part: 255 - part) == 255 - picture).all()


def test_another_luma_keeps_the_colours(picture):
    assert np.abs(relit(picture, lambda plane: plane).astype(int) - picture).max() <= 3
    brighter = relit(picture, lambda plane: cv2.add(plane, 20))
    assert brighter.mean() == pytest.approx(picture.mean() + 20, abs=2)
