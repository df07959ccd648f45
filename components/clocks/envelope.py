"""The straight line under a cloud of points: what a clock does, without the delays of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

STEEPEST = 500e-6  # no crystal runs more wrong than this: what is steeper is delay, not drift


@dataclass(frozen=True, slots=True)
class Line:
    """`height` at `origin`, changing by `slope` per unit of time."""

    origin: float
    height: float
    slope: float

    def at(self, time: float) -> float:
        return self.height + self.slope * (time - self.origin)


def under(times: Sequence[float], values: Sequence[float], *, steepest: float = STEEPEST) -> Line:
    """The line that lies under every point and as close to all of them as it can.

    Delay only ever adds, so the line through the least delayed points is the clock. Of all lines below the points, that with the
    least sum of distances is an edge of the lower convex hull: the one over the mean of the times (Moon, Skelly and Towsley,
    "Estimation and removal of clock skew from network delay measurements", INFOCOM 1999). Where that edge is steeper than
    `steepest`, the line has that slope and touches the hull from below. `times` rise strictly.
    """
    hull = _hull(times, values)
    middle = sum(times) / len(times)
    slope = 0.0
    for (t0, v0), (t1, v1) in pairwise(hull):
        if t0 <= middle <= t1:
            slope = (v1 - v0) / (t1 - t0)
            break
    slope = min(steepest, max(-steepest, slope))
    height = min(value - slope * (time - middle) for time, value in hull)
    return Line(middle, height, slope)


def _hull(times: Sequence[float], values: Sequence[float]) -> list[tuple[float, float]]:
    """The corners of the lower convex hull, by time (Andrew's monotone chain)."""
    corners: list[tuple[float, float]] = []
    for point in zip(times, values, strict=True):
        while len(corners) > 1 and _turns_up(corners[-2], corners[-1], point) <= 0:
            corners.pop()
        corners.append(point)
    return corners


def _turns_up(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
