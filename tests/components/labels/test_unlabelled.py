import numpy as np

from components.contracts import Camera, Frame, Segment
from components.labels.unlabelled import Unlabelled


def test_nobody_has_looked_at_any_frame():
    camera = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    frame = Frame(camera, 0, 0, "", 0, np.zeros((4, 4, 3), np.uint8), np.eye(3))
    assert Unlabelled().label(Segment(camera, "a" * 64, 0, 1, 1, "raw/a.mkv"), frame) is None
