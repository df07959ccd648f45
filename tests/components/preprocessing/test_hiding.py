import cv2
import numpy as np
import pytest

from components.contracts import InputError
from components.preprocessing.hiding import GREY, Veil


@pytest.mark.parametrize("how", ["fill", "pixelate", "blur"])
def test_only_the_box_is_hidden_and_nothing_of_it_remains(picture, how):
    hidden = Veil(how, 3).over(picture, [(40.4, 20, 100, 80.2)])
    outside = np.ones(picture.shape[:2], bool)
    outside[20:81, 40:100] = False
    assert (hidden[outside] == picture[outside]).all()
    edges = [cv2.Laplacian(image[20:81, 40:100], cv2.CV_32F).std() for image in (hidden, picture)]
    assert edges[0] < 0.3 * edges[1]


def test_the_number_of_blocks_is_what_is_left(picture):
    part = Veil("pixelate", 3).over(picture, [(0, 0, 90, 60)])[:60, :90]
    assert len(np.unique(part.reshape(-1, 3), axis=0)) <= 6


def test_a_mask_of_any_shape(picture):
    mask = np.zeros(picture.shape[:2], bool)
    cv2.circle(view := mask.astype(np.uint8), (60, 60), 20, 1, -1)
    mask = view.astype(bool)
    hidden = Veil("fill").where(picture, mask)
    assert (hidden[mask] == GREY).all() and (hidden[~mask] == picture[~mask]).all()


def test_boxes_outside_and_without_a_size_hide_nothing(picture):
    boxes = [(500, 500, 600, 600), (50, 50, 50, 60), (np.nan,) * 4]
    assert Veil().over(picture, boxes) is picture


def test_a_box_without_end_hides_up_to_the_edge(picture):
    hidden = Veil("fill").over(picture, [(-np.inf, 10, np.inf, 20)])
    assert (hidden[10:20] == GREY).all() and (hidden[20:] == picture[20:]).all()


def test_so_many_blocks_hide_nothing():
    with pytest.raises(InputError, match="expected 1 to 32"):
        Veil("blur", 100)
