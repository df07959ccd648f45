import pytest

from components.contracts import InputError
from plugins.boxmot.hybridsort import HybridSort


def test_weak_detections_keep_a_track_but_start_none(follow):
    assert follow(HybridSort(), [0.9] * 5 + [0.2] * 3, look=True)[-1] == [1]
    assert follow(HybridSort(), [0.5] * 8, look=True)[-1] == []


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match=r"tracker hybridsort: min_conf 2, expected 0 to 1; delta_t 0, expected at least 1"):
        HybridSort(min_conf=2, delta_t=0)
