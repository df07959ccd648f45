import pytest

from components.contracts import InputError
from plugins.boxmot.boosttrack import BoostTrack


def test_weak_detections_count_where_somebody_is_expected(follow):
    assert follow(BoostTrack(), [0.9] * 8 + [0.5] * 3, look=True)[-1] == [1]
    assert follow(BoostTrack(), [0.5] * 8, look=True)[-1] == []


def test_boxes_that_lie_down_are_reported_if_wished(follow):
    lying = (10, 10, 210, 60)
    assert follow(BoostTrack(), [0.9] * 5, look=True, box=lying)[-1] == []
    assert follow(BoostTrack(max_aspect=5), [0.9] * 5, look=True, box=lying)[-1] == [1]


def test_shares_above_one_are_refused():
    with pytest.raises(InputError, match=r"tracker boosttrack: det_thresh 60, expected 0 to 1"):
        BoostTrack(det_thresh=60)
