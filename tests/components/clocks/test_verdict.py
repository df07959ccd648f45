"""The verdict names the clock, by how much it is off since when, what is behind it and what to do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from components.clocks.clock import Clock, Estimate
from components.clocks.kernel import Kept
from components.clocks.own import Own
from components.clocks.verdict import Off, judged, of_own, shared

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


def _at(*words: int) -> int:
    return int(datetime(*words, tzinfo=UTC).timestamp()) * SECOND


def _estimate(offset: float, *, step: float = 0.0, since: int = NOW, newest: int = NOW) -> Estimate:
    return Estimate(round(offset * SECOND), 0.0, 20_000_000, since, 20, newest, round(step * SECOND))


@pytest.mark.parametrize(
    ("offset", "state", "says"),
    [
        (0.2, "right", "corridor is 200 ms ahead, within 0.5 s"),
        (4.2, "fault", "clock fault: corridor is 4.2 s ahead since 08:00; corrected"),
        (-3.0, "fault", "3.0 s behind"),
        (7203.0, "quarantined", "corridor is 2.00 h ahead since 08:00: looks like local time (UTC+2), set the camera to UTC"),
        (-19_800.0, "quarantined", "5.50 h behind since 08:00: looks like local time (UTC-5:30)"),
        (5000.0, "quarantined", "1.39 h ahead since 08:00; what it says is not used"),
        (-1_800_000_000.0 + 300, "quarantined", "corridor was never set (says 1970): set its clock; what it says is not used"),
        (30 * 86_400.0, "quarantined", "30 days ahead"),
        (None, "silent", "no time of its own"),
    ],
)
def test_by_how_much_it_is_off_and_what_to_do(offset, state, says):
    clock = Clock()
    if offset is not None:
        clock.see(NOW, NOW + round(offset * SECOND))
    found = judged("corridor", clock.estimate(), trusted=0.5)
    assert found.state == state and says in found.says


def test_a_change_of_the_hour_and_a_leap_second_are_named():
    spring = _estimate(7200, step=3600, since=_at(2026, 3, 29, 1))
    assert "local time (UTC+2), which has just changed its hour, set the" in judged("hall", spring, trusted=0.5).says
    leap = judged("hall", _estimate(1.02, step=1.0, since=_at(2017, 1, 1)), trusted=0.5)
    assert leap.state == "fault" and "looks like a leap second" in leap.says


@pytest.mark.parametrize("offset", [0.1, 4.2, 7200.0])
def test_a_camera_that_says_no_time_any_more_is_said_to(offset):
    then = judged("hall", _estimate(offset), trusted=0.5, now=NOW + 60 * SECOND)
    later = judged("hall", _estimate(offset), trusted=0.5, now=NOW + 420 * SECOND)
    assert "no time" not in then.says and then.state == later.state
    assert "; it has said no time for 7 min, so this is what was known then, give or take 20 ms" in later.says


def test_what_was_known_goes_on_with_its_drift_and_ever_less_surely():
    clock = Clock()
    for number in range(0, 600):
        clock.see(NOW + number * SECOND, NOW + round(number * (1 + 100e-6) * SECOND))
    then, later = clock.estimate(), clock.estimate(NOW + 10_599 * SECOND)
    assert later.newest == NOW + 599 * SECOND
    assert later.offset - then.offset == pytest.approx(10_000 * 100e-6 * SECOND, abs=20e6)
    assert then.uncertainty < 5e6 and 0.05 < later.uncertainty / SECOND < 0.2


@pytest.mark.parametrize(
    ("own", "state", "says"),
    [
        (Own(Kept(True, 12_000_000)), "right", "our own clock (edge-1): synchronised, at most 12 ms off"),
        (Own(Kept(False)), "unsynchronised", "our own clock (edge-1): not synchronised"),
        (Own(Kept(True, 3 * SECOND)), "unsynchronised", "has not been heard for an hour or more, at most 3.0 s off"),
        (Own(Kept()), "unknown", "is unknown"),
        (
            Own(Kept(True, 0), 3_200_000_000, 1, 3_200_000_000, _at(2026, 3, 2, 2, 10)), "fault",
            "clock fault: our own clock (edge-1): synchronised, at most 0 ms off; it stepped by +3.200 s at 2026-03-02 02:10:00; "
            "recorded times are 3.2 s behind it, and come nearer by 1.8 s an hour",
        ),
        (Own(Kept(True, 0), 7200 * SECOND, 1, 7200 * SECOND, NOW), "fault", "2.00 h behind it, and leap ahead within a minute"),
        (Own(Kept(True, 0), -7200 * SECOND, 1, -7200 * SECOND, NOW), "fault", "ahead of it, and stay so until recording begins"),
        (Own(Kept(False), 3 * SECOND, 1, 3 * SECOND, NOW), "fault", "or the clock is set back, or a time server vouches"),
        (Own(Kept(True, 0), 1000, 2, -SECOND, NOW), "right", "it stepped by -1.000 s at"),
    ],
)  # fmt: skip
def test_our_own_clock_is_judged_as_well(own, state, says):
    found = of_own("edge-1", own)
    assert found.state == state and says in found.says


def test_cameras_that_step_together_are_not_at_fault():
    off = round(3.2 * SECOND)
    fleet = [
        Off("hall", off, off, NOW), Off("ward", off + 40_000_000, off + 30_000_000, NOW + 8 * SECOND), Off("desk", 0, 0, NOW),
        Off("late", off, off, NOW + 600 * SECOND), Off("other", -off, -off, NOW),
    ]  # fmt: skip
    (said,) = shared(fleet)
    assert said.startswith("hall, ward stepped together by +3.2 s at 2027-01-15 08:00:00: look at the time server that they")


def test_cameras_that_are_all_wrong_alike_are_not_at_fault():
    fleet = [Off(name, round((-4 + place / 50) * SECOND), 0, NOW) for place, name in enumerate("abc")]
    (said,) = shared(fleet)
    assert said.startswith("a, b, c are all 4.0 s behind: look at the time server that they share")
    assert shared(fleet[:1]) == [] and shared([Off(name, 7200 * SECOND, 0, NOW) for name in "abc"]) == []
    assert shared([*fleet, *(Off(f"right{number}", 0, 0, NOW) for number in range(9))]) == []
