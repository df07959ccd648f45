from __future__ import annotations

import random
from fractions import Fraction
from types import SimpleNamespace

import pytest

from components.clocks.clock import Clock
from components.sources.arrival import Arrival

SECOND = 10**9
NOW = 1_800_000_000 * SECOND
UNIT = Fraction(1, 90_000)


def _packet(second: float | None, told: int | None = None) -> SimpleNamespace:
    """A packet at `second` of the stream's own time, as PyAV gives it."""
    return SimpleNamespace(
        pts=None if second is None else round(second * 90_000), dts=None, size=1, time_base=UNIT,
        has_sidedata=lambda kind: told is not None and kind == "prft",
        get_sidedata=lambda kind: ((told or 0) // 1000).to_bytes(8, "little", signed=True) + bytes(8),
    )  # fmt: skip


def _taken(arrival: Arrival, second: float | None) -> int:
    return arrival.taken(SimpleNamespace(pts=None if second is None else round(second * 90_000)))


def test_jitter_of_the_network_does_not_reach_the_times() -> None:
    arrival, rng = Arrival(trusted=2.0, paced=True), random.Random(1)
    errors = []
    for number in range(100):
        delay = 0.02 if number % 10 == 0 else 0.02 + 0.4 * rng.random()
        arrival.see(_packet(7 + number / 5), NOW + round((number / 5 + delay) * SECOND))
        errors.append(_taken(arrival, 7 + number / 5) - NOW - number * SECOND // 5)
    assert max(errors) - min(errors) < 0.001 * SECOND
    assert errors[-1] == pytest.approx(0.02 * SECOND, abs=1e6)


def test_a_reader_that_falls_behind_is_told_by_how_much() -> None:
    arrival = Arrival(trusted=2.0, paced=True)
    late = [arrival.see(_packet(n / 5), NOW + round((n / 5 + n * 0.05) * SECOND)) for n in range(100)]
    assert late[0] == 0 and late[40] == pytest.approx(2.0, abs=0.01)


def test_a_camera_that_knows_the_time_is_believed_if_its_clock_is_about_right() -> None:
    arrival = Arrival(trusted=2.0, paced=True)
    for number in range(5):
        arrival.see(_packet(number / 5, NOW + number * SECOND // 5 - SECOND // 2), NOW + number * SECOND // 5)
        assert _taken(arrival, number / 5) == NOW + number * SECOND // 5 - SECOND // 2
    arrival.see(_packet(1.0, NOW - 3600 * SECOND), NOW + SECOND)
    assert _taken(arrival, 1.0) == NOW + SECOND


def test_a_clock_that_drifts_is_followed() -> None:
    arrival = Arrival(trusted=2.0, paced=True)
    for second in range(0, 36_000, 5):  # the camera's seconds are 0.1 % too long
        arrival.see(_packet(second), NOW + round(second * 1.001 * SECOND))
    assert abs(_taken(arrival, 35_995) - NOW - 35_995 * 1.001 * SECOND) < 0.05 * SECOND
    arrival = Arrival(trusted=2.0, paced=True)
    for second in range(0, 36_000, 5):
        arrival.see(_packet(second * 1.001), NOW + second * SECOND)
    assert abs(_taken(arrival, 35_995 * 1.001) - NOW - 35_995 * SECOND) < 0.05 * SECOND


def test_a_stream_that_begins_to_count_anew_goes_on() -> None:
    arrival = Arrival(trusted=2.0, paced=True)
    arrival.see(_packet(5000.0), NOW)
    again = _packet(0.0)
    assert arrival.see(again, NOW + SECOND) == pytest.approx(0, abs=0.001)
    assert again.pts == pytest.approx(5001 * 90_000, abs=90) and arrival.moment == pytest.approx(NOW + SECOND, abs=1e6)


def test_without_times_a_picture_was_taken_when_it_came() -> None:
    for arrival, second in ((Arrival(trusted=2.0, paced=True), None), (Arrival(trusted=2.0, paced=False), 7.0)):
        arrival.see(_packet(1.0), NOW)
        arrival.see(_packet(second), NOW + SECOND)
        assert _taken(arrival, None) == NOW + SECOND


def test_it_remembers_no_more_than_a_decoder_can_hold() -> None:
    arrival = Arrival(trusted=2.0, paced=True)
    for number in range(10_000):
        arrival.see(_packet(number / 5), NOW + number * SECOND // 5)
    assert len(arrival._taken) <= 64 and len(arrival._offsets) <= 160


def test_packets_that_come_in_bursts_are_timed_by_the_quickest_of_each() -> None:
    arrival, times = Arrival.of("hls", trusted=0.5, clock=Clock()), []
    for second in range(4):  # pieces of a second, each at once
        for place in range(10):
            late = arrival.see(_packet(second + place / 10), (10 + second) * SECOND)
            times.append((arrival.settled, arrival.moment, late))
    assert [settled for settled, _, _ in times] == [False] * 10 + [True] * 30
    assert [moment for _, moment, _ in times[10:]] == [10 * SECOND + (place - 9) * SECOND // 10 for place in range(10, 40)]
    assert {late for _, _, late in times} == {0.0}


@pytest.mark.parametrize("microsecond", [0, 250_000])
def test_ntp_counts_from_nothing_again_in_2036(microsecond: int) -> None:
    begins = (2**32 - 2_208_988_800) * SECOND  # 7 February 2036, 06:28:16
    moment = begins + 86_400 * SECOND + microsecond * 1000
    for raw, expected in ((moment - 2**32 * SECOND, moment), (begins - 60 * SECOND, begins - 60 * SECOND)):
        arrival = Arrival(trusted=2.0, paced=True)
        arrival.see(_packet(0.0, raw), expected)
        assert arrival.told == expected and arrival.moment == expected
    never = Arrival(trusted=2.0, paced=True)
    never.see(_packet(0.0, 300 * SECOND - 2_208_988_800 * SECOND), NOW)
    assert (never.told or 0) < 0, "a camera of today that was never set says 1900"


def test_a_step_of_our_own_clock_moves_nothing_against_the_stream() -> None:
    arrival = Arrival(trusted=2.0, paced=True)
    late = [arrival.see(_packet(n / 5), NOW + n * SECOND // 5 + n * 1_000_000, n * 1_000_000) for n in range(100)]
    assert max(late) < 1e-6 and arrival.moment == pytest.approx(NOW + 99 * SECOND // 5 + 99_000_000, abs=2000)


def test_what_a_picture_takes_to_come_is_taken_off_where_the_camera_says_no_time() -> None:
    for paced in (True, False):
        arrival = Arrival(trusted=2.0, paced=paced, clock=Clock(latency=0.4))
        late = [arrival.see(_packet(n / 5), NOW + round((n / 5 + 0.4) * SECOND)) for n in range(10)]
        assert max(late) < 0.01, "that is nobody's fault"
        assert arrival.moment == pytest.approx(NOW + 9 * SECOND // 5, abs=1e6)
