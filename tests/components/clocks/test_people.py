"""People who walk where two cameras look say how far the times of both are apart, though their places are a little wrong."""

from __future__ import annotations

import numpy as np
import pytest

from components.clocks.people import Walk, apart
from components.contracts import Floats64

CORRIDOR = 12.0  # m; the first camera sees 0 to 9, the second 3 to 12


def walks(seed: int, ahead: float, *, minutes: float = 6.0, people: int = 4) -> tuple[list[Walk], list[Walk]]:
    """What both cameras see of people who walk both ways, at 5 frames/s, a fifth missed; the second maps the floor wrong."""
    rng, seen = np.random.default_rng(seed), (list[Walk](), list[Walk]())
    views = ((0.0, 9.0, np.zeros(2), 0.0), (3.0, CORRIDOR, np.array([0.2, -0.15]), ahead))
    for _ in range(people):
        begin = rng.uniform(0, 30)
        while begin < minutes * 60:
            way, places = _way(rng)
            length = way[-1]
            for kept, (low, high, wrong, shift) in zip(seen, views, strict=True):
                times = np.arange(rng.uniform(0, 0.2), length, 0.2)
                there = np.stack([np.interp(times, way, places[:, axis]) for axis in (0, 1)], axis=1)
                found = (there[:, 0] >= low) & (there[:, 0] <= high) & (rng.random(len(times)) > 0.2)
                if found.sum() > 5:
                    noise = np.cumsum(rng.normal(0, 0.03, there.shape), axis=0) * 0.3 + rng.normal(0, 0.05, there.shape)
                    kept.append(Walk(times[found] + begin + shift, (there + noise + wrong)[found]))
            begin += length + rng.exponential(40)
    return seen


def _way(rng: np.random.Generator) -> tuple[Floats64, Floats64]:
    """When somebody is where, walking through the corridor."""
    across = rng.uniform(0.5, 2.5, 3)
    places = np.column_stack([[0, rng.uniform(4, 8), CORRIDOR], across])[:: rng.choice([1, -1])]
    lengths = np.linalg.norm(np.diff(places, axis=0), axis=1)
    return np.concatenate([[0], np.cumsum(lengths)]) / rng.uniform(0.8, 1.5), places


@pytest.mark.parametrize("seed", range(4))
def test_the_shift_is_found_with_its_uncertainty(seed: int) -> None:
    ahead = float(np.random.default_rng(seed + 90).uniform(-9, 9))
    ours, theirs = walks(seed, ahead)
    theirs.append(Walk(np.arange(40.0), np.geomspace([1.0, 1.0], [1e15, 1e12], 40)))  # a box at the horizon
    found = apart(("a", ours), ("b", theirs), most=10.0)
    assert found is not None and found.evidence > 10
    assert abs(found.ahead - ahead) < 0.06 and found.uncertainty < 0.04
    assert abs(found.ahead - ahead) < 4 * found.uncertainty + 0.005


@pytest.mark.parametrize("seed", range(3))
def test_people_who_have_nothing_to_do_with_each_other_say_nothing(seed: int) -> None:
    assert apart(("a", walks(seed, 0.0)[0]), ("b", walks(seed + 50, 0.0)[1]), most=10.0) is None
    assert apart(("a", []), ("b", walks(seed, 0.0)[1])) is None
