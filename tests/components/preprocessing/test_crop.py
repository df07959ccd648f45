import numpy as np
import pytest

from components.contracts import InputError
from components.geometry import transform_boxes
from components.preprocessing.crop import Crop


def test_the_part_stays_where_it_was(picture, frame_of):
    frame = Crop(region=(0.25, 0.5, 0.75, 1.0))(frame_of(picture))
    assert (frame.image == picture[72:, 48:144]).all()
    assert transform_boxes(frame.to_native, [(0, 0, 96, 72)]) == pytest.approx(np.array([[48, 72, 144, 144]]))


def test_a_camera_has_a_part_of_its_own(picture, frame_of):
    step = Crop(region=(0, 0, 0.5, 1), cameras={"cam": (0.5, 0, 1, 1)})
    assert (step(frame_of(picture)).image == picture[:, 96:]).all()


def test_the_whole_is_left_alone(picture, frame_of):
    frame = frame_of(picture)
    assert Crop()(frame) is frame


@pytest.mark.parametrize("region", [(0.5, 0, 0.5, 1), (0, 0, 1.2, 1), (-0.1, 0, 1, 1), (0, 0.9, 1, 0.1)])
def test_parts_that_are_none_are_refused(region):
    with pytest.raises(InputError, match=r"crop cam_2 is .* expected left, top, right and bottom as shares"):
        Crop(cameras={"cam_2": region})
