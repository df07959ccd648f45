import numpy as np
import pytest

from components.contracts import Camera, Detections, Frame, InputError
from components.trackers.byte import Byte

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def follow(tracker, scores):
    """Somebody who stands still, with these scores from frame to frame; the ids that came out."""
    for i, score in enumerate(scores):
        frame = Frame(CAMERA, i * 100_000_000, i, "", 0, np.zeros((4, 4, 3), np.uint8), np.eye(3))
        box, sure = np.array([[10, 10, 50, 110]], np.float32), np.array([score], np.float32)
        yield tracker.update(frame, Detections(box, sure, np.zeros(1, np.int64))).ids.tolist()


def test_a_track_is_reported_from_its_second_frame_on():
    assert list(follow(Byte(), [0.9, 0.9, 0.9])) == [[], [1], [1]]
    assert list(follow(Byte(min_hits=3), [0.9, 0.9, 0.9])) == [[], [], [1]]


def test_weak_detections_keep_a_track_but_start_none():
    assert list(follow(Byte(), [0.9, 0.9, 0.2, 0.2])) == [[], [1], [1], [1]]
    assert list(follow(Byte(), [0.65] * 5)) == [[]] * 5
    assert list(follow(Byte(new_track_thresh=0.6), [0.65] * 3))[-1] == [1]


def test_shares_above_one_are_refused():
    with pytest.raises(InputError, match=r"tracker byte: track_thresh 60, expected 0 to 1"):
        Byte(track_thresh=60)
