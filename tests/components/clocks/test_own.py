"""Fleet time runs evenly, whatever somebody does to the clock of this machine."""

from __future__ import annotations

import logging
import threading
from itertools import pairwise

import pytest

from components.clocks import own
from components.clocks.kernel import Kept
from components.clocks.own import FleetClock

SECOND = 1_000_000_000
UTC = 1_800_000_000 * SECOND


class Machine:
    """A machine whose clock can be set; `fleet` is the fleet clock of a process on it."""

    def __init__(self, kept: bool | None = True) -> None:
        self.even, self.wrong, self.kept = 7 * SECOND, 0, Kept(kept)
        self.fleet = FleetClock(utc=lambda: UTC + self.even + self.wrong, even=lambda: self.even, kept=lambda: self.kept)

    @property
    def utc(self) -> int:
        return UTC + self.even + self.wrong

    def run(self, seconds: float, every: float = 0.2, drift: float = 0.0) -> list[int]:
        """What time it was, again and again, while the system's clock gains `drift` (s per s)."""
        times = []
        for _ in range(round(seconds / every)):
            self.even += round(every * SECOND)
            self.wrong += round(every * drift * SECOND)
            times.append(self.fleet.now())
        return times


def _paces(times: list[int], every: float = 0.2) -> tuple[float, float]:
    """The slowest and the fastest, s per s."""
    steps = [(after - before) / every / SECOND for before, after in pairwise(times)]
    return min(steps), max(steps)


def test_it_is_utc_and_goes_on_evenly():
    machine = Machine()
    times = machine.run(10)
    assert times[-1] == machine.utc and _paces(times) == (1.0, 1.0) and machine.fleet.moved == 0


def test_a_clock_that_drifts_is_followed_within_a_few_milliseconds():
    machine = Machine()
    slow, fast = _paces(machine.run(600, drift=200e-6))
    assert slow >= 1.0 and fast <= 1.0005
    assert abs(machine.utc - machine.fleet.now()) < 5e6 and machine.fleet.own.steps == 0


@pytest.mark.parametrize("step", [3.2, -3.2])
def test_a_step_is_told_once_and_footage_goes_on_and_comes_near_it_when_ntp_vouches(step, caplog):
    machine = Machine()
    machine.run(5)
    machine.wrong = round(step * SECOND)
    with caplog.at_level(logging.ERROR):
        times = machine.run(59)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1 and f"stepped by {step:+.3f} s at 08:00:13 UTC: not a fault of the cameras" in told[0]
    assert _paces(times) == (1.0, 1.0), "it has to last"
    found = machine.fleet.own
    assert (found.steps, found.step, found.behind) == (1, round(step * SECOND), round(step * SECOND))
    slow, fast = _paces(machine.run(7200))
    assert slow > 0.9994 and fast < 1.0006
    assert abs(machine.utc - machine.fleet.now()) < 1e6
    assert machine.fleet.moved == pytest.approx(step * SECOND, abs=1e6)
    assert machine.fleet.now() - machine.fleet.moved == UTC + machine.even


@pytest.mark.parametrize("kept", [False, None])
def test_a_step_that_nobody_vouches_for_waits_for_another_process(kept):
    machine = Machine(kept)
    machine.run(5)
    machine.wrong = 4 * SECOND
    assert _paces(machine.run(600)) == (1.0, 1.0) and machine.fleet.own.behind == 4 * SECOND
    assert Machine(kept).fleet.now() - UTC == 7 * SECOND
    machine.kept = Kept(True)  # now NTP says that it is right
    machine.run(9000, every=1.0)
    assert abs(machine.utc - machine.fleet.now()) < 1e6


def test_a_clock_that_is_set_back_at_once_has_moved_nothing():
    machine = Machine()
    machine.run(5)
    machine.wrong = 900 * SECOND
    machine.run(20)
    machine.wrong = 0
    assert _paces(machine.run(200)) == (1.0, 1.0)
    assert machine.fleet.leaps == 0 and machine.fleet.own.behind == 0 and machine.fleet.own.steps == 2


def test_far_ahead_is_leapt_to_with_a_new_connection_and_the_old_one_goes_on_evenly():
    machine = Machine()
    machine.run(5)
    old, before = machine.fleet.course(), machine.fleet.now()
    machine.wrong = 10_800 * SECOND
    machine.run(65)
    assert old.now() - before == 65 * SECOND and old.leapt == "our own clock was set ahead by 10800.0 s"
    new = machine.fleet.course()
    assert new.now() == machine.utc and not new.leapt
    assert new.moved - old.moved == 10_800 * SECOND and machine.fleet.own.behind == 0


def test_far_back_there_would_be_two_pictures_of_one_moment():
    machine = Machine()
    machine.run(5)
    old = machine.fleet.course()
    machine.wrong = -3600 * SECOND
    assert _paces(machine.run(300)) == (1.0, 1.0)
    assert not old.leapt and machine.fleet.own.behind == -3600 * SECOND


def test_who_has_not_asked_for_hours_is_not_told_of_a_step():
    machine = Machine()
    machine.run(100_000, every=10_000, drift=1e-6)
    assert machine.fleet.own.steps == 0 and abs(machine.utc - machine.fleet.now()) < 0.2 * SECOND


def test_all_threads_of_a_process_have_the_same_time_and_it_never_goes_back():
    seen: list[list[int]] = []

    def ask() -> None:
        mine = own.course()
        seen.append([mine.now() for _ in range(2000)])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4 and all(before <= after for times in seen for before, after in pairwise(times))
    assert own.fleet() is own.fleet()
