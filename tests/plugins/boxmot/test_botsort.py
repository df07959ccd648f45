import pytest

from components.contracts import InputError
from plugins.boxmot.botsort import BotSort


def test_three_levels_of_confidence(follow):
    assert follow(BotSort(), [0.9, 0.9, 0.2, 0.2])[-1] == [1], "a weak detection keeps a track"
    assert follow(BotSort(), [0.65] * 5)[-1] == [], "a fair one starts none"
    assert follow(BotSort(new_track_thresh=0.6), [0.65] * 5)[-1] == [1]


def test_shares_above_one_are_refused():
    with pytest.raises(InputError, match=r"tracker botsort: track_low_thresh -0.1, expected 0 to 1"):
        BotSort(track_low_thresh=-0.1)


def test_it_goes_by_appearance_where_there_is_some(follow):
    assert follow(BotSort(), [0.9] * 3, look=True)[-1] == [1]
