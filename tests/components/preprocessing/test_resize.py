import cv2
import numpy as np
import pytest

from components.contracts import InputError
from components.geometry import transform_boxes, transform_points
from components.preprocessing.resize import Letterbox, Resize


@pytest.mark.parametrize(("width", "height"), [(96, 72), (64, 100), (400, 300), (192, 30)])
def test_the_picture_gets_the_size_and_stays_a_picture(picture, frame_of, width, height):
    image = Resize(width=width, height=height)(frame_of(picture)).image
    assert (image.shape, image.dtype) == ((height, width, 3), np.uint8)


def test_without_a_height_it_keeps_the_aspect(picture, frame_of):
    assert Resize(width=64)(frame_of(picture)).image.shape == (48, 64, 3)


def test_a_picture_of_that_size_is_left_alone(picture, frame_of):
    frame = frame_of(picture)
    assert Resize(width=192)(frame) is frame


@pytest.mark.parametrize(("width", "height"), [(96, 72), (64, 96), (384, 288)])
def test_a_spot_is_found_again_in_the_native_picture(frame_of, width, height):
    image = np.zeros((144, 192, 3), np.uint8)
    cv2.circle(image, (100, 60), 8, (255, 255, 255), -1)
    small = Resize(width=width, height=height)(frame_of(image))
    y, x = np.mgrid[:height, :width]
    weight = small.image[..., 0].astype(float)
    centre = [(x * weight).sum() / weight.sum(), (y * weight).sum() / weight.sum()]
    assert transform_points(small.to_native, [centre])[0] == pytest.approx([100, 60], abs=0.05)


def test_two_resizes_are_one(picture, frame_of):
    twice = Resize(width=48)(Resize(width=96)(frame_of(picture)))
    assert twice.to_native == pytest.approx(Resize(width=48)(frame_of(picture)).to_native)
    assert transform_boxes(twice.to_native, [[0, 0, 48, 36]]) == pytest.approx(np.array([[0, 0, 192, 144]]))


def test_the_frame_before_is_not_touched(picture, frame_of):
    frame, before = frame_of(picture), picture.copy()
    Resize(width=50)(frame)
    assert (frame.image == before).all() and (frame.to_native == np.eye(3)).all()


@pytest.mark.parametrize("size", [{"width": 0}, {"width": 10, "height": 0}, {"width": -5}])
def test_a_size_of_nothing_is_refused(size):
    with pytest.raises(InputError, match="expected at least 1x1"):
        Resize(**size)


@pytest.mark.parametrize("place", ["corner", "centre"])
@pytest.mark.parametrize("size", [(100, 100), (64, 200), (300, 50)])
def test_a_letterbox_keeps_the_aspect_and_fills_the_rest(picture, frame_of, place, size):
    frame = Letterbox(width=size[0], height=size[1], grey=7, place=place)(frame_of(picture))
    assert frame.image.shape == (size[1], size[0], 3)
    native = transform_boxes(np.linalg.inv(frame.to_native), [(0, 0, 192, 144)])[0]
    assert native[2] - native[0] == pytest.approx((native[3] - native[1]) * 4 / 3, abs=1.4)
    x1, y1, x2, y2 = np.rint(native).astype(int)
    inside = np.zeros(frame.image.shape[:2], bool)
    inside[y1:y2, x1:x2] = True
    assert (frame.image[~inside] == 7).all() and (frame.image[inside] != 7).any()
    if place == "corner":
        assert (x1, y1) == (0, 0)


def test_a_letterbox_of_no_size_is_refused():
    with pytest.raises(InputError, match="expected at least 1x1"):
        Letterbox(width=0, height=10)
