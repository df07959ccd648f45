import pytest

from components.contracts import InputError
from plugins.boxmot.occluboost import OccluBoost


def test_weak_detections_keep_a_track_but_start_none(follow):
    assert follow(OccluBoost(), [0.9] * 6 + [0.2] * 3, look=True)[-1] == [1]
    assert follow(OccluBoost(), [0.4] * 8, look=True)[-1] == []


def test_fair_detections_start_a_track_that_has_to_prove_itself(follow):
    assert follow(OccluBoost(new_track_thresh=0.6), [0.65] * 4, look=True) == [[], [], [1], [1]]
    assert follow(OccluBoost(), [0.75] * 2, look=True) == [[1], [1]]


def test_shares_above_one_are_refused():
    with pytest.raises(InputError, match=r"tracker occluboost: recovery_cosine 2, expected 0 to 1"):
        OccluBoost(recovery_cosine=2)
