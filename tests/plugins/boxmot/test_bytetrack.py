import pytest

from components.contracts import InputError
from plugins.boxmot.bytetrack import ByteTrack


def test_weak_detections_keep_a_track_but_start_none(follow):
    assert follow(ByteTrack(), [0.9, 0.9, 0.2, 0.2]) == [[1]] * 4
    assert follow(ByteTrack(), [0.5] * 5) == [[]] * 5
    assert follow(ByteTrack(track_thresh=0.4), [0.5] * 5)[-1] == [1]


def test_detections_below_the_least_score_are_nothing(follow):
    assert follow(ByteTrack(min_conf=0.3), [0.9, 0.9, 0.2])[-1] == []


def test_shares_above_one_are_refused():
    with pytest.raises(InputError, match=r"tracker bytetrack: match_thresh 1.2, expected 0 to 1"):
        ByteTrack(match_thresh=1.2)
