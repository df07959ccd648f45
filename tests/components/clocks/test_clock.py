"""Clocks are learned from pairs of times alone: offset, drift and steps, whatever the network adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from components.clocks.clock import Clock
from components.contracts import InputError

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


@dataclass
class World:
    """A camera whose clock is `offset` s ahead at first, gains `drift` s per s, and steps by `step` s at `at`."""

    offset: float = 0.0
    drift: float = 0.0
    at: float = 1e9
    step: float = 0.0
    jitter: float = 0.02
    fps: float = 2.0
    seed: int = 1

    def ahead(self, time: float) -> float:
        return self.offset + self.drift * time + (self.step if time >= self.at else 0.0)

    def run(self, clock: Clock, seconds: float, begin: float = 0.0) -> list[float]:
        """Show `clock` every picture of that time; by how much it got the moment of each wrong, s."""
        rng, errors = np.random.default_rng(self.seed), []
        for time in np.arange(begin, begin + seconds, 1 / self.fps).tolist():
            delay = 0.02 + rng.exponential(self.jitter) + (rng.uniform(0.2, 1.0) if rng.random() < 0.03 else 0.0)
            source = NOW + round((time + self.ahead(time)) * SECOND)
            clock.see(NOW + round((time + delay) * SECOND), source)
            errors.append((clock.corrected(source) - NOW) / SECOND - time)
        return errors


@pytest.mark.parametrize("offset", [-30.0, -0.3, 0.0, 12.5, 30.0])
@pytest.mark.parametrize("drift", [-200e-6, 0.0, 200e-6])
def test_offset_and_drift_are_found_in_ten_minutes_of_jitter(offset, drift):
    world, clock = World(offset, drift), Clock(latency=0.02)
    errors = np.abs(world.run(clock, 600.0))
    found = clock.estimate()
    assert np.quantile(errors, 0.95) < 0.06 and np.median(errors) < 0.02
    assert found.offset / SECOND == pytest.approx(world.ahead(600.0), abs=0.03)
    assert found.drift == pytest.approx(drift, abs=15e-6) and clock.steps == 0


@pytest.mark.parametrize("step", [-3.0, -0.2, 0.2, 3.0])
def test_a_step_is_found_and_dated(step):
    world, clock = World(1.0, 50e-6, at=300.0, step=step), Clock(latency=0.02)
    world.run(clock, 330.0)
    found = clock.estimate()
    assert clock.steps == 1 and abs((found.since - NOW) / SECOND - 300.0) < 12.0
    assert found.step / SECOND == pytest.approx(step, abs=0.05)
    assert found.offset / SECOND == pytest.approx(world.ahead(330.0), abs=0.04)


def test_a_network_that_is_slow_for_a_while_is_no_step():
    world, clock = World(2.0), Clock(latency=0.02)
    world.run(clock, 120.0)
    for number in range(8):  # one window in which every picture is late
        time = 120.0 + number / 2
        clock.see(NOW + round((time + 0.4) * SECOND), NOW + round((time + 2.0) * SECOND))
    world.run(clock, 60.0, begin=125.0)
    assert clock.steps == 0 and clock.estimate().offset / SECOND == pytest.approx(2.0, abs=0.03)


def test_before_the_first_reading_nothing_is_known_and_nothing_is_corrected():
    clock = Clock()
    assert clock.estimate() is None and clock.corrected(NOW) == NOW
    clock.see(NOW, NOW + 5 * SECOND)
    assert clock.estimate().offset == 5 * SECOND and clock.corrected(NOW + 5 * SECOND) == NOW


@pytest.mark.parametrize("moved", [3.2, -3.2, 10_800.0])
def test_a_step_of_our_own_clock_is_none_of_the_cameras(moved):
    clock, moves = Clock(), round(moved * SECOND)
    for number in range(600):
        ours = moves if number >= 300 else 0
        clock.see(NOW + number * SECOND + ours, NOW + number * SECOND + SECOND, ours)
    found = clock.estimate()
    assert clock.steps == 0 and found.offset == pytest.approx(SECOND - moves, abs=1e6)
    assert clock.corrected(NOW + 599 * SECOND + SECOND) == pytest.approx(NOW + 599 * SECOND + moves, abs=1e6)


def test_memory_does_not_grow_with_time():
    clock = Clock()
    World().run(clock, 3600.0)
    assert len(clock._minima) <= 240


def test_a_latency_below_nothing_is_refused():
    with pytest.raises(InputError, match="latency"):
        Clock(latency=-1.0)
