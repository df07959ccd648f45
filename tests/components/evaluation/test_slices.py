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


def test_only_slices_that_there_are():
    when = times("2026-07-01T01:00:00", "2026-07-01T13:00:00", "2026-07-01T13:30:00")
    found = {
        each.name: each.pictures.tolist() for each in Slices().of(("a", "b"), np.array([0, 1, 0]), when, np.array([0, 4, 5]))
    }
    assert found == {
        "camera.a": [True, False, True], "camera.b": [False, True, False],
        "hour.00-06": [True, False, False], "hour.12-18": [False, True, True],
        "crowd.0-2": [True, False, False], "crowd.3-5": [False, True, True],
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
