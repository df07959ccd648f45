import pytest

from components.contracts import InputError
from plugins.boxmot.sfsort import SfSort


def test_three_levels_of_confidence(follow):
    assert follow(SfSort(), [0.9, 0.2, 0.2]) == [[1]] * 3, "a weak detection keeps a track"
    assert follow(SfSort(new_track_thresh=0.7), [0.65] * 5)[-1] == [], "a fair one starts none"
    assert follow(SfSort(), [0.65] * 5)[-1] == [1]


def test_lost_tracks_are_kept_for_seconds_not_frames(follow):
    gap = [0.9] + [0.05] * 15 + [0.9]
    assert follow(SfSort(), gap)[-1] == [1]
    assert follow(SfSort(lost_seconds=1.0), gap)[-1] == [2]


def test_shares_above_one_are_refused():
    with pytest.raises(InputError, match=r"tracker sfsort: second_match_thresh 3, expected 0 to 1"):
        SfSort(second_match_thresh=3)
