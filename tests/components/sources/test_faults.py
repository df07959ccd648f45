from __future__ import annotations

import numpy as np
import pytest

from components.contracts import InputError
from components.sources.faults import Blackout, Blur, ClockDrift, ClockOffset, Dropped, Fault, Frozen, Knocked
from components.sources.optics import Pose

SECOND = 10**9
IMAGE = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
POSE = Pose((0.0, 0.0, 2.7), (4.0, 0.0, 1.0), 85.0, 960, 540)


def test_a_fault_lasts_from_after_until_before_until() -> None:
    fault = Fault(after=2.0, until=5.0)
    assert [fault.active(n * SECOND) for n in (1, 2, 4, 5)] == [False, True, True, False]


@pytest.mark.parametrize("kind", [Fault, Blur, Frozen, Knocked])
def test_a_fault_that_ends_before_it_begins_is_refused(kind: type[Fault]) -> None:
    with pytest.raises(InputError, match=rf"{kind.__name__}: after is 5"):
        kind(after=5.0, until=2.0)


def test_a_fault_changes_only_what_it_says() -> None:
    for fault in (Blur(), Blackout(), Frozen(), Dropped(), ClockOffset(), ClockDrift(), Knocked()):
        changes = {
            Blur: not np.array_equal(fault.spoil(IMAGE), IMAGE) and fault.shows(),
            Blackout: not np.array_equal(fault.spoil(IMAGE), IMAGE) and not fault.shows(),
            Frozen: fault.seen(7 * SECOND) != 7 * SECOND,
            Dropped: not all(fault.delivers(n) for n in range(50)),
            ClockOffset: fault.clock(7 * SECOND) == 2 * SECOND,
            ClockDrift: fault.clock(7 * SECOND) == 1_400_000,
            Knocked: fault.pose(POSE) != POSE,
        }
        assert [kind for kind, changed in changes.items() if changed] == [type(fault)]


def test_blur_takes_the_edges_and_blackout_takes_everything() -> None:
    assert np.abs(np.diff(Blur(sigma=3.0).spoil(IMAGE).astype(int), axis=1)).mean() < 10
    assert Blackout().spoil(IMAGE).max() < 10


def test_a_share_of_the_frames_is_dropped_without_a_pattern() -> None:
    fault = Dropped(share=0.3)
    arrived = np.array([fault.delivers(n) for n in range(5000)])
    assert arrived.mean() == pytest.approx(0.7, abs=0.03)
    assert abs(np.corrcoef(arrived[:-1], arrived[1:])[0, 1]) < 0.05


def test_drift_builds_up_from_where_the_fault_begins() -> None:
    fault = ClockDrift(after=10.0, ppm=-100.0)
    assert [fault.clock(n * SECOND) for n in (10, 110)] == [0, -10_000_000]
