"""Dwell times as histograms that can be added up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PER_OCTAVE = 4  # bins: a percentile is right to within a tenth
BINS = 72  # the last one ends at 2 ** 18 s, three days
ENTRY = np.dtype([("bin", "u1"), ("times", "<u4")])


def bins(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin of every dwell time: bin i holds 2 ** (i / 4) s up to the next; the first one also holds all shorter times."""
    whole = np.floor(PER_OCTAVE * np.log2(np.maximum(seconds, 1.0)) + 1e-9)
    return np.clip(whole, 0, BINS - 1).astype(np.int64)


def pack(counts: NDArray[np.int64]) -> bytes:
    """`counts` (BINS,) as bytes: (bin, times) of those that are not empty."""
    filled = np.flatnonzero(counts)
    entries = np.empty(len(filled), ENTRY)
    entries["bin"], entries["times"] = filled, counts[filled]
    return entries.tobytes()


def unpack(packed: Sequence[bytes], groups: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The histograms (count, BINS): `packed[i]` is added to number `groups[i]`."""
    total = np.zeros((count, BINS), np.int64)
    entries = np.frombuffer(b"".join(packed), ENTRY)
    owners = np.repeat(groups, [len(item) // ENTRY.itemsize for item in packed])
    np.add.at(total.reshape(-1), owners * BINS + entries["bin"], entries["times"].astype(np.int64))
    return total


def percentile(counts: NDArray[np.int64], share: float, *, longest: float) -> float:
    """The seconds that `share` (0..1) of `counts` (BINS,) do not exceed, at most `longest`; 0 where there are none."""
    total = counts.cumsum()
    if not total[-1]:
        return 0.0
    wanted = share * total[-1]
    bin_ = int(np.searchsorted(total, wanted))
    inside = (wanted - (total[bin_] - counts[bin_])) / max(int(counts[bin_]), 1)
    low = bin_ / PER_OCTAVE if bin_ else 0.0
    return float(min(2 ** (low + inside / PER_OCTAVE), longest))
