import pytest

from components.contracts import InputError
from plugins.boxmot.strongsort import StrongSort


@pytest.mark.parametrize("where", ["laptop", "GITHUB_ACTIONS"])
def test_a_track_is_reported_from_its_third_frame_on_on_every_machine(follow, monkeypatch, where):
    monkeypatch.setenv(where, "true")
    assert follow(StrongSort(), [0.9] * 4, look=True) == [[], [], [1], [1]]
    assert follow(StrongSort(min_hits=1), [0.9] * 2, look=True) == [[1], [1]]


def test_lost_tracks_are_kept_for_seconds_not_frames(follow):
    gap = [0.9] * 3 + [0.05] * 15 + [0.9] * 3
    assert follow(StrongSort(), gap, look=True)[-1] == [1]
    assert follow(StrongSort(lost_seconds=1.0), gap, look=True)[-1] == [2]


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match=r"tracker strongsort: mc_lambda 2, expected 0 to 1; nn_budget 0, expected at least 1"):
        StrongSort(mc_lambda=2, nn_budget=0)
