from __future__ import annotations

from dataclasses import replace

from components.contracts import Presence
from components.facts.transitions import Transitions

SECOND = 1_000_000_000


def _stay(zone: str, entered: float, left: float, *, person: str = "ann", identity: str = "i") -> Presence:
    sure = 0.9 if person != "unknown" else 0.0
    return Presence(
        "site", identity, person, "nurse", "Surgery", zone, round(entered * SECOND), round(left * SECOND), sure, "expected"
    )  # fmt: skip


def test_stays_after_each_other_are_moves() -> None:
    moves = Transitions().of([_stay("B", 12, 20), _stay("A", 0, 10), _stay("A", 21, 30), _stay("A", 0, 9, identity="j")])
    assert [(m.identity, m.from_zone, m.to_zone, m.left, m.entered) for m in moves] == [
        ("i", "A", "B", 10 * SECOND, 12 * SECOND), ("i", "B", "A", 20 * SECOND, 21 * SECOND),
    ]  # fmt: skip


def test_the_same_zone_or_a_long_absence_is_no_move() -> None:
    assert Transitions().of([_stay("A", 0, 10), _stay("A", 20, 30)]) == []
    assert Transitions(memory_seconds=60).of([_stay("A", 0, 10), _stay("B", 71, 80)]) == []


def test_a_stay_that_is_given_again_gives_its_move_again_with_what_is_known_by_then() -> None:
    transitions = Transitions()
    assert transitions.of([_stay("A", 0, 5, person="unknown")]) == []
    (first,) = transitions.of([_stay("A", 0, 9, person="unknown"), _stay("B", 10, 12, person="unknown")])
    (second,) = transitions.of([_stay("B", 10, 15)])
    assert first.person == "unknown" and second == replace(first, person="ann", confidence=0.9)
    assert first.left == 9 * SECOND
    later = transitions.of([_stay("B", 10, 15), _stay("C", 16, 18)])
    assert [(m.from_zone, m.to_zone) for m in later] == [("A", "B"), ("B", "C")]


def test_memory_is_bounded_by_those_who_are_there() -> None:
    transitions = Transitions(memory_seconds=60)
    for i in range(500):
        transitions.of(
            [_stay("AB"[i % 2], i * 10, i * 10 + 9, identity=str(i % 3)), _stay("A", i * 10, i * 10 + 9, identity=f"x{i}")]
        )
        transitions.forget((i * 10 + 9) * SECOND)
    assert len(transitions._last) < 20 and len(transitions._before) < 20
