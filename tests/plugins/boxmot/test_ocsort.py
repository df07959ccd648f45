import pytest

from components.contracts import InputError
from plugins.boxmot.ocsort import OcSort


def test_a_track_is_reported_from_its_third_frame_on(follow):
    late = OcSort()
    follow(late, [0.05] * 5)
    frames = follow(late, [0.9] * 5)
    assert frames[0] == [] and frames[-1] == [1]


def test_weak_detections_keep_a_track_but_start_none(follow):
    assert follow(OcSort(), [0.9] * 5 + [0.2] * 3)[-1] == [1]
    assert follow(OcSort(), [0.5] * 8)[-1] == []


def test_shares_above_one_are_refused():
    with pytest.raises(InputError, match=r"tracker ocsort: inertia 3, expected 0 to 1"):
        OcSort(inertia=3)
