"""A stream's own time goes on, whatever its numbers do."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace

import pytest

from components.sources.unbroken import SECOND, Unbroken

NOW = 1_800_000_000 * SECOND
TICKS = 90_000


def _mended(times: list[tuple[int, int]], every: int = SECOND // 10) -> list[tuple[int, int]]:
    """The (pts, dts) of packets that come one every so many ns."""
    mending, found = Unbroken(), []
    for number, (pts, dts) in enumerate(times):
        packet = SimpleNamespace(pts=pts, dts=dts, time_base=Fraction(1, TICKS))
        mending.mend(packet, NOW + number * every)
        found.append((packet.pts, packet.dts))
    return found


@pytest.mark.parametrize("bits", [32, 33])
def test_after_a_lap_everything_goes_on_exactly_also_where_pictures_come_in_another_order(bits):
    shown = [place for at in range(0, 60, 3) for place in (at + 2, at, at + 1)]  # pictures that others need come first
    begun = 2**bits - 30 * 9000
    truth = [(begun + (place + 2) * 9000, begun + number * 9000) for number, place in enumerate(shown)]
    assert _mended([(pts % 2**bits, dts % 2**bits) for pts, dts in truth]) == truth


def test_three_laps_are_three_days():
    truth = [(2**33 * lap + place * TICKS, 2**33 * lap + place * TICKS) for lap in range(4) for place in range(0, 95_443, 3600)]
    found = _mended([(pts % 2**33, dts % 2**33) for pts, dts in truth], 3600 * SECOND)
    assert all(0 < later - sooner < 3700 * TICKS for (sooner, _), (later, _) in pairwise(found))


@pytest.mark.parametrize("begins", [0, 7, 10**12])
def test_where_a_camera_counts_from_another_zero_as_much_time_passes_as_really_does(begins):
    first = [(10**9 + number * 9000, 10**9 + number * 9000) for number in range(20)]
    second = [(begins + number * 9000, begins + number * 9000) for number in range(20)]
    found = _mended([*first, *second])
    assert [later - sooner for (sooner, _), (later, _) in pairwise(found)] == pytest.approx([9000] * 39, abs=50)
    assert all(pts == dts for pts, dts in found)


@pytest.mark.parametrize("came", [(0, 1, 60, 61, 62), (0, 1, 55, 60, 61), (0, 1, 58, 58, 58)])
def test_what_was_silent_or_late_is_left_as_it_is(came):
    mending = Unbroken()
    for second, when in zip((0, 1, 2, 60, 61), came, strict=True):
        packet = SimpleNamespace(pts=second * TICKS, dts=None, time_base=Fraction(1, TICKS))
        mending.mend(packet, NOW + when * SECOND)
        assert packet.pts == second * TICKS and packet.dts is None
