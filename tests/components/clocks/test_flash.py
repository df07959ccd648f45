"""Light that is switched a few times says how far two cameras' times are apart, better than their pictures are."""

from __future__ import annotations

import numpy as np
import pytest

from components.clocks.flash import apart, changes
from components.contracts import Floats64

SWITCHED = [4.0, 5.3, 8.1, 9.0, 13.7, 16.2]  # s, at irregular times


def filmed(seed: int, fps: float, ahead: float, switched: list[float]) -> tuple[Floats64, Floats64]:
    """Levels of a camera whose exposure follows the light, in its own times; somebody walks by."""
    rng = np.random.default_rng(seed)
    times = np.arange(rng.uniform(0, 1 / fps), 20.0, 1 / fps)
    lit = np.searchsorted(np.array(switched), times) % 2 == 0
    levels = np.where(lit, 120.0, 60.0)
    for i in range(1, len(times)):
        levels[i] = 0.7 * levels[i - 1] + 0.3 * levels[i] if lit[i] == lit[i - 1] else levels[i]
    return times + ahead, levels + 3 * np.sin(times) + rng.normal(0, 0.4, len(times))


@pytest.mark.parametrize(("seed", "ahead"), [(1, 4.2), (2, -11.37), (3, 0.02)])
def test_the_shift_is_found_below_a_frame(seed: int, ahead: float) -> None:
    ours, theirs = (changes(*filmed(seed + i, fps, by, SWITCHED)) for i, (fps, by) in enumerate([(10.0, 0.0), (7.0, ahead)]))
    found = apart(("a", ours), ("b", theirs))
    assert found is not None and found.evidence == len(SWITCHED)
    assert abs(found.ahead - ahead) < 3.5 * found.uncertainty < 0.1


def test_what_could_be_either_is_not_taken() -> None:
    even = (
        changes(*filmed(1, 10.0, 0.0, [2.0, 4.0, 6.0, 8.0, 10.0, 12.0])),
        changes(*filmed(2, 10.0, 1.0, [2.0, 4.0, 6.0, 8.0, 10.0, 12.0])),
    )
    assert apart(("a", even[0]), ("b", even[1])) is None, "every other switch fits as well"
    assert apart(("a", even[0]), ("b", [])) is None
    assert changes(*filmed(1, 10.0, 0.0, [])) == []


def test_a_flash_of_one_picture_is_one_change() -> None:
    times = np.arange(0, 4, 0.1)
    levels = np.full(len(times), 100.0) + (np.arange(len(times)) == 20) * 80
    (flash,) = changes(times, levels)
    assert flash.brighter and flash.before == pytest.approx(1.9) and flash.after == pytest.approx(2.0)
