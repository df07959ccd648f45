"""From how far cameras are apart, two by two, to how far each is ahead of one that is right."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

SURELY = 1e-4  # s: nothing here is known better


@dataclass(frozen=True, slots=True)
class Apart:
    """What two cameras have recorded at one moment carries times that differ by so much."""

    first: str
    second: str
    ahead: float  # s, of the second against the first
    uncertainty: float  # s, one standard deviation
    evidence: int  # people, or changes of the light, that say so


@dataclass(frozen=True, slots=True)
class Ahead:
    """One camera."""

    offset: float  # s, ahead of the reference
    uncertainty: float  # s, one standard deviation
    evidence: int
    reference: str  # camera, or cameras, that it is compared with


def together(pairs: Sequence[Apart], references: Collection[str]) -> dict[str, Ahead]:
    """Every camera that is connected with others, against those of `references` that it is connected with, which are right.

    Least squares, weighted by the uncertainties. Where none of them is a reference, their mean is.
    """
    found: dict[str, Ahead] = {}
    for group in _groups(pairs):
        known = sorted(group & set(references))
        found |= _solved([pair for pair in pairs if pair.first in group], sorted(group), known)
    return found


def _groups(pairs: Sequence[Apart]) -> list[set[str]]:
    """Cameras that are connected."""
    groups: list[set[str]] = []
    for pair in pairs:
        joined = {pair.first, pair.second}.union(*(one for one in groups if one & {pair.first, pair.second}))
        groups = [*(one for one in groups if not one & joined), joined]
    return groups


def _solved(pairs: Sequence[Apart], cameras: list[str], known: list[str]) -> dict[str, Ahead]:
    asked = [camera for camera in cameras if camera not in known]
    rows, values = np.zeros((len(pairs), len(asked))), np.zeros(len(pairs))
    for row, pair in enumerate(pairs):
        weight = 1 / max(pair.uncertainty, SURELY)
        for camera, sign in ((pair.first, -1), (pair.second, 1)):
            if camera in asked:
                rows[row, asked.index(camera)] = sign * weight
        values[row] = pair.ahead * weight
    spread = np.linalg.pinv(rows.T @ rows)  # without a reference: of all answers the one whose mean is zero
    offsets = spread @ rows.T @ values
    names = ", ".join(known) or "the mean of " + ", ".join(cameras)
    evidence = {camera: sum(pair.evidence for pair in pairs if camera in (pair.first, pair.second)) for camera in asked}
    return {camera: Ahead(float(offsets[i]), math.sqrt(spread[i, i]), evidence[camera], names) for i, camera in enumerate(asked)}
