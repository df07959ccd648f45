"""Reliability, against counting claim by claim."""

import numpy as np
import pytest

from components.evaluation.calibration import reliability


def test_the_error_is_that_of_counting_by_hand():
    rng = np.random.default_rng(3)
    sure, right = rng.random(500), rng.random(500) < 0.4
    counted = rng.random(500) < 0.9
    found = reliability(sure, right, counted=counted)
    expected = 0.0
    for b in range(10):
        here = [(s, r) for s, r, c in zip(sure, right, counted, strict=True) if c and b / 10 <= s < (b + 1) / 10]
        assert found.count[b] == len(here)
        expected += abs(sum(s for s, _ in here) - sum(r for _, r in here)) / counted.sum()
    assert found.error == pytest.approx(expected)


def test_honest_claims_have_no_error_and_boasts_have_all():
    assert reliability([0.25] * 4, [True, False, False, False]).error == pytest.approx(0)
    assert reliability([1.0, 1.0], [False, False]).error == 1.0


def test_no_claims_have_no_error():
    found = reliability([], [])
    assert np.isnan(found.error) and found.count.sum() == 0
