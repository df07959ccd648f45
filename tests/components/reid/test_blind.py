import numpy as np

from components.contracts import Camera, Detections, Frame
from components.reid.blind import Blind


def test_detections_stay_what_they_are_without_features():
    camera = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    frame = Frame(camera, 0, 0, "", 0, np.zeros((4, 4, 3), np.uint8), np.eye(3))
    given = [Detections(np.ones((n, 4), np.float32), np.ones(n, np.float32), np.zeros(n, np.int64)) for n in (2, 0)]
    found = Blind().embed([frame, frame], given)
    assert found == given and all(one is other for one, other in zip(found, given, strict=True))
    assert [each.features.shape for each in found] == [(2, 0), (0, 0)]
