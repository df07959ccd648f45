import cv2

from components.preprocessing.gray import Gray


def test_three_equal_channels_of_luma(picture, frame_of):
    image = Gray()(frame_of(picture)).image
    assert image.shape == picture.shape
    assert (image[..., 0] == image[..., 1]).all() and (image[..., 1] == image[..., 2]).all()
    assert (image[..., 0] == cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)).all()


def test_twice_is_once(picture, frame_of):
    once = Gray()(frame_of(picture))
    assert (Gray()(once).image == once.image).all()
