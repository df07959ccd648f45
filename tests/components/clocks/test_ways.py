"""Of several ways to know a clock the surest counts, and two that cannot both be right are said."""

from __future__ import annotations

import pytest

from components.clocks.ways import Told, contradictions, counting, drift

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND
MS = 1_000_000


def test_the_surest_way_counts_until_it_is_old() -> None:
    stream, device = Told("stream", 40 * MS, 60 * MS, NOW), Told("device", 55 * MS, 5 * MS, NOW)
    assert counting([stream, device], NOW) is device
    later = NOW + 3600 * SECOND  # an ordinary crystal may be 180 ms wrong by then
    newer = Told("stream", 40 * MS, 60 * MS, later)
    assert counting([newer, device], later) is newer
    assert counting([], NOW) is None
    assert Told("people", SECOND, MS, NOW).sure(NOW + 3600 * SECOND) and not Told("people", SECOND, MS, NOW).sure(
        NOW + 86_400 * SECOND
    )


def test_what_cannot_both_be_right_is_said_and_nothing_else() -> None:
    stream, device = Told("stream", 40 * MS, 60 * MS, NOW), Told("device", 55 * MS, 5 * MS, NOW)
    assert contradictions("bay_a", [stream, device], NOW) == []
    wrong = Told("device", 4200 * MS, 5 * MS, NOW)
    (said,) = contradictions("bay_a", [stream, wrong], NOW)
    assert said == "clock of bay_a: +0.040 s by stream, +4.200 s by device: they cannot both be right"
    assert contradictions("bay_a", [stream, Told("people", 4200 * MS, 5 * MS, NOW)], NOW) == []


def test_two_measurements_far_enough_apart_tell_the_drift() -> None:
    before, hour = Told("device", 0, MS, NOW), 3600 * SECOND
    assert drift(before, Told("device", 72 * MS, MS, NOW + hour)) == pytest.approx(20e-6)
    assert drift(before, Told("device", 72 * MS, MS, NOW + 5 * SECOND)) is None, "too soon"
    assert drift(before, Told("device", 4 * SECOND, MS, NOW + hour)) is None, "it was set"
    assert drift(None, before) is None and drift(before, before) is None
