"""Whether confidences mean what they say: of what is claimed with 0.8, eight in ten should be right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from components.contracts import Floats64, Ints

BINS = 10


@dataclass(frozen=True, slots=True)
class Reliability:
    """Claims by how confident they were, in bins of equal width from 0 to 1."""

    error: float  # expected calibration error (Guo 2017): mean distance of confidence and share that is right; NaN: no claims
    confidence: Floats64  # (bins,) mean of the claims; NaN where there are none
    right: Floats64  # (bins,) share that is right
    count: Ints  # (bins,)


def reliability(confidence: ArrayLike, right: ArrayLike, *, counted: NDArray[np.bool_] | None = None) -> Reliability:
    """Of claims with a `confidence` (n,) 0..1, `right` (n,) or not; only those `counted` (n,), if that is given."""
    sure, hit = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    if counted is not None:
        sure, hit = sure[counted], hit[counted]
    bins = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    with np.errstate(invalid="ignore"):
        means, shares = (np.bincount(bins, weights=column, minlength=BINS) / count for column in (sure, hit))
    gaps = np.abs(means - shares)[count > 0] * count[count > 0]
    error = float(gaps.sum() / len(sure)) if len(sure) else float("nan")
    return Reliability(error, means, shares, count)
