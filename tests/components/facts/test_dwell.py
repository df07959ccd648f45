from __future__ import annotations

import numpy as np
import pytest

from components.facts import dwell


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_percentiles_are_right_to_within_a_tenth(share: float) -> None:
    seconds = np.random.default_rng(1).lognormal(4.5, 1.2, 5_000)
    counts = np.bincount(dwell.bins(seconds), minlength=dwell.BINS)
    assert dwell.percentile(counts, share, longest=seconds.max()) == pytest.approx(np.quantile(seconds, share), rel=0.1)


def test_histograms_of_many_spans_add_up_by_group() -> None:
    counts = np.random.default_rng(2).integers(0, 3, (6, dwell.BINS))
    packed = [dwell.pack(row) for row in counts]
    added = dwell.unpack(packed, np.array([0, 1, 0, 1, 2, 0]), 3)
    assert np.array_equal(added, [counts[[0, 2, 5]].sum(axis=0), counts[[1, 3]].sum(axis=0), counts[4]])
    assert dwell.pack(np.zeros(dwell.BINS, np.int64)) == b""


def test_very_short_and_very_long_times_have_a_bin() -> None:
    assert dwell.bins(np.array([0.0, 0.5, 1.0, 2.0, 1e9])).tolist() == [0, 0, 0, 4, dwell.BINS - 1]
    one = np.bincount(dwell.bins(np.array([1e9])), minlength=dwell.BINS)
    assert dwell.percentile(one, 0.5, longest=300_000.0) <= 300_000.0
    assert dwell.percentile(np.zeros(dwell.BINS, np.int64), 0.5, longest=0.0) == 0.0
