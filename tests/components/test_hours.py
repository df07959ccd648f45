from __future__ import annotations

import pytest

from components.contracts import InputError
from components.hours import Hours, hours

ALL = frozenset(range(7))


@pytest.mark.parametrize(
    ("shift", "found"),
    [
        ("", ()),
        ("07:00-19:00", (Hours(ALL, 420, 1140),)),
        (" 19:00-07:00 ", (Hours(ALL, 1140, 1860),)),
        ("00:00-24:00", (Hours(ALL, 0, 1440),)),
        ("07:00-07:00", (Hours(ALL, 420, 1860),)),
        ("Mon-Fri 07:00-15:30; sat 08:00-12:00", (Hours(frozenset(range(5)), 420, 930), Hours(frozenset({5}), 480, 720))),
        ("sat-mon, wed 07:00-15:00", (Hours(frozenset({5, 6, 0, 2}), 420, 900),)),
    ],
)
def test_what_a_text_means(shift, found):
    assert hours(shift) == found


@pytest.mark.parametrize("shift", ["7-19", "07:00", "07:00-24:30", "someday 07:00-15:00", "07:00-19:00;", "25:00-26:00"])
def test_what_is_no_hours(shift):
    with pytest.raises(InputError, match=r"shift is .*expected"):
        hours(shift)
