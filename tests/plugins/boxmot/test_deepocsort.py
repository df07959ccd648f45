import pytest

from components.contracts import InputError
from plugins.boxmot.deepocsort import KEPT, DeepOcSort


def test_weak_detections_count_for_nothing(follow):
    assert follow(DeepOcSort(), [0.9] * 4 + [0.4] * 2, look=True)[-1] == []
    assert follow(DeepOcSort(det_thresh=0.3), [0.9] * 4 + [0.4] * 2, look=True)[-1] == [1]


def test_who_stands_there_all_day_is_not_remembered_box_by_box(follow):
    tracker = DeepOcSort()
    follow(tracker, [0.9] * (KEPT + 40), look=True)
    (track,) = tracker._follower._tracker.active_tracks
    assert len(track.observations) == KEPT + 1


def test_shares_above_one_are_refused():
    with pytest.raises(InputError, match=r"tracker deepocsort: ema_alpha 1.5, expected 0 to 1"):
        DeepOcSort(ema_alpha=1.5)
