"""Blocks by the clocks of the site, by people, and names that a ledger takes."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from components.contracts import InputError
from components.evaluation.slices import Slices, name_of


def times(*moments, zone="UTC"):
    return np.array([int(datetime.fromisoformat(m).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 10**9 for m in moments])


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_hours_are_those_of_the_clocks_of_the_site(zone):
    shown = ["2026-03-28T05:59:59", "2026-03-28T06:00:00", "2026-07-01T17:59:59", "2026-07-01T00:00:00", "2026-12-31T23:59:59"]
    names, block = Slices(timezone=zone).hour_block(times(*shown, zone=zone))
    assert [names[i] for i in block] == ["00-06", "06-12", "12-18", "00-06", "18-24"]


def test_crowds_are_named_by_their_limits():
    names, block = Slices(crowd=(0, 1, 2, 5)).crowd_block(np.array([0, 1, 2, 4, 5, 70]))
    assert [names[i] for i in block] == ["0", "1", "2-4", "2-4", "5-up", "5-up"]


def test_pictures_are_cut_in_three_ways():
    when = times("2026-07-01T01:00:00", "2026-07-01T13:00:00", "2026-07-01T13:30:00")
    cuts = Slices().cuts(("a", "b"), np.array([0, 1, 0], np.int32), when, np.array([0, 4, 5]))
    assert {cut.kind: [cut.values[i] for i in cut.block] for cut in cuts} == {
        "camera": ["a", "b", "a"], "hour": ["00-06", "12-18", "12-18"], "crowd": ["0-2", "3-5", "3-5"],
    }  # fmt: skip


def test_names_have_no_signs_that_a_ledger_refuses():
    assert name_of("camera", "ward 3/bay.A+") == "camera.ward 3/bay_A_"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"hours": (6, 12)}, r"slices.hours is \[6, 12\]; expected where blocks begin: 0 first"),
        ({"hours": (0, 24)}, "below 24"),
        ({"crowd": ()}, r"slices.crowd is \[\]"),
        ({"crowd": (0, 5, 5)}, "upwards"),
        ({"timezone": "Europe/Atlantis"}, "slices.timezone is 'Europe/Atlantis'; expected an IANA name"),
    ],
)
def test_blocks_that_cannot_be(words, said):
    with pytest.raises(InputError, match=said):
        Slices(**words)
