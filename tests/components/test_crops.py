import numpy as np
import pytest

from components.contracts import Camera, Frame
from components.crops import crops, cut, fitted

IMAGE = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)
CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def test_a_view_is_the_pixels_inside_a_box():
    (view,) = cut(IMAGE, [[10, 5, 30, 25]])
    assert (view == IMAGE[5:25, 10:30]).all()


@pytest.mark.parametrize("box", [[70, 0, 90, 20], [-20, -20, -5, -5], [10, 10, 10, 30], [float("nan")] * 4])
def test_a_box_without_a_pixel_is_an_empty_view(box):
    assert [view.shape for view in cut(IMAGE, [box])] == [(0, 0, 3)]


def test_a_box_is_clipped_to_the_picture():
    assert [view.shape for view in cut(IMAGE, [[-10, -10, 20, 20], [50, 30, 90, 90]])] == [(20, 20, 3), (10, 10, 3)]


def test_boxes_are_native():
    half = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])
    frame = Frame(CAMERA, 0, 0, "", 0, IMAGE, half)
    (view,) = crops(frame, np.array([[20, 10, 60, 50]], np.float32))
    assert (view == IMAGE[5:25, 10:30]).all()


def test_nobody_is_no_view():
    assert list(cut(IMAGE, np.zeros((0, 4)))) == []


@pytest.mark.parametrize("size", [(64, 128), (8, 16), (200, 10)])
def test_a_view_is_stretched_to_size(size):
    assert fitted(IMAGE, *size).shape == (size[1], size[0], 3)


def test_shrinking_averages():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[::2] = 200
    assert fitted(stripes, 16, 16).tolist() == np.full((16, 16, 3), 100).tolist()
