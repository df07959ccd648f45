"""Ranges are read together where they are near, and each comes out as what it is."""

from __future__ import annotations

import random

import pytest

from components.storage import ranges
from components.storage.ranges import Range, coalesced


def wholes(wanted: list[tuple[str, int, int]], gap: int) -> list[tuple[str, int, int]]:
    return [(span.whole.path, span.whole.start, span.whole.size) for span in coalesced([Range(*it) for it in wanted], gap=gap)]


def test_neighbours_are_one_read() -> None:
    assert wholes([("a", 0, 10), ("a", 10, 10), ("a", 25, 5)], gap=0) == [("a", 0, 20), ("a", 25, 5)]
    assert wholes([("a", 25, 5), ("a", 0, 10), ("a", 10, 10)], gap=5) == [("a", 0, 30)]
    assert wholes([("b", 10, 5), ("a", 0, 10)], gap=100) == [("a", 0, 10), ("b", 10, 5)]


def test_one_inside_another_and_twice_the_same() -> None:
    assert wholes([("a", 0, 100), ("a", 20, 5), ("a", 0, 100), ("a", 90, 20)], gap=0) == [("a", 0, 110)]


def test_nothing_is_read_for_nothing() -> None:
    assert wholes([("a", 5, 0)], gap=0) == wholes([], gap=0) == []


def test_one_read_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "LARGEST", 20)
    assert wholes([("a", 0, 10), ("a", 10, 10), ("a", 20, 10), ("a", 30, 50)], gap=0) == [
        ("a", 0, 20),
        ("a", 20, 10),
        ("a", 30, 50),
    ]


@pytest.mark.parametrize("seed", range(20))
def test_every_range_is_in_exactly_one_read(seed: int) -> None:
    chance = random.Random(seed)
    wanted = [Range(chance.choice("ab"), chance.randrange(1000), chance.randrange(50)) for _ in range(60)]
    spans = coalesced(wanted, gap=chance.randrange(40))
    members = [index for span in spans for index in span.members]
    assert sorted(members) == [index for index, piece in enumerate(wanted) if piece.size]
    for span in spans:
        for index in span.members:
            assert wanted[index].path == span.whole.path
            assert span.whole.start <= wanted[index].start and wanted[index].end <= span.whole.end
