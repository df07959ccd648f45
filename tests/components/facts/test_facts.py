from __future__ import annotations

import gc
import tracemalloc

import pytest

from components.contracts import InputError, Position, Zone
from components.facts.facts import Facts
from components.zones.presences import Presences

ZONES = (Zone("A", "room", ((0, 0), (4, 0), (4, 4), (0, 4))), Zone("B", "room", ((4, 0), (8, 0), (8, 4), (4, 4))))
SECOND = 1_000_000_000
NOON = 1_772_712_000 * SECOND


def _facts() -> Facts:
    return Facts(Presences(site="site", zones=ZONES), step=1.0)


def _walk(facts: Facts, start: int, seconds: int, *, people: int = 3) -> None:
    """Everybody changes zones twice a minute, under a new identity every hour."""
    for i in range(start, start + seconds):
        x = 2.0 if i % 30 < 15 else 6.0
        who = [f"{i // 3600}-{n}" for n in range(people)]
        time = NOON + i * SECOND
        facts.see(time, [Position(time, w, "unknown", "nurse", 0.0, x, 2.0, 0.1, "A" if x < 4 else "B", (), (), "") for w in who])


def test_a_batch_repeats_what_was_not_final() -> None:
    facts = _facts()
    _walk(facts, 0, 100)
    first = facts.flush()
    _walk(facts, 100, 50)
    second = facts.flush()
    assert first and second and (first.end, second.start) == (NOON + 100 * SECOND, NOON + 60 * SECOND)
    assert {row.minute for row in second.occupancy} == {NOON + 60 * SECOND, NOON + 120 * SECOND}
    again = {stay.entered for stay in first.open} & {stay.entered for stay in second.ended}
    assert again and len(first.transitions) == 3 * 6 and first.transitions[0].from_zone == "A"
    assert second.heat[0].start == NOON and second.heat[0].grid.seconds.sum() == 450


def test_the_same_moments_make_the_same_batch() -> None:
    batches = []
    for _ in range(2):
        facts = _facts()
        _walk(facts, 0, 90)
        batches.append(facts.flush())
    one, two = batches
    assert (
        one
        and two
        and (one.ended, one.open, one.transitions, one.occupancy) == (two.ended, two.open, two.transitions, two.occupancy)
    )


def test_a_day_does_not_make_it_grow() -> None:
    facts = _facts()
    sizes = []
    tracemalloc.start()
    for hour in range(4):
        for part in range(10):
            _walk(facts, hour * 3600 + part * 360, 360, people=1)
            facts.flush()
        if hour in (1, 3):
            gc.collect()  # what other tests left is not this one's
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert sizes[1] < sizes[0] + 200_000


def test_the_first_moment_may_be_at_time_0() -> None:
    facts = _facts()
    for time in (0, SECOND):
        facts.see(time, [])
    batch = facts.flush()
    assert batch and (batch.start, batch.end) == (0, 2 * SECOND) and batch.watched[0].seconds == 2
    with pytest.raises(InputError, match="in order of time"):
        facts.see(SECOND, [])


def test_time_goes_forward_and_steps_are_positive() -> None:
    facts = _facts()
    assert facts.flush() is None
    facts.see(NOON, [])
    with pytest.raises(InputError, match="in order of time"):
        facts.see(NOON, [])
    with pytest.raises(InputError, match="step 0"):
        Facts(Presences(site="site", zones=ZONES), step=0)
