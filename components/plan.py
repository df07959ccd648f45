"""The floor plan: which zone a place is in, and how far it is from one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from components.contracts import UNKNOWN, Floats64, InputError, Zone


class Plan:
    """The zones of a site, ready to be asked. Where zones overlap, the first one counts."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        if flat := [zone.name for zone in zones if len(zone.polygon) < 3]:
            raise InputError(f"zones {', '.join(flat)}: fewer than 3 corners, expected a polygon in metres")
        if twice := sorted({zone.name for zone in zones if [other.name for other in zones].count(zone.name) > 1}):
            raise InputError(f"zones {', '.join(twice)}: there are several of this name; give each zone another one")
        self.zones = tuple(zones)
        self._number = {zone.name: number for number, zone in enumerate(self.zones)}
        polygons = [np.array(zone.polygon, np.float64) for zone in self.zones]
        self._edges = np.concatenate([np.hstack([each, np.roll(each, -1, axis=0)]) for each in polygons] or [np.zeros((0, 4))])
        self._starts = np.cumsum([0, *map(len, polygons)])

    def names(self, points: ArrayLike) -> tuple[str, ...]:
        """The zone that holds each of (n, 2) places in metres, or UNKNOWN."""
        places = np.asarray(points, np.float64).reshape(-1, 2)
        if not self.zones:
            return (UNKNOWN,) * len(places)
        inside = np.add.reduceat(_crossed(places, self._edges), self._starts[:-1], axis=1) % 2 == 1
        first = np.where(inside.any(axis=1), inside.argmax(axis=1), -1)
        return tuple(self.zones[number].name if number >= 0 else UNKNOWN for number in first.tolist())

    def away(self, point: tuple[float, float], name: str) -> float:
        """Metres from a place to the border of the zone `name`, less than 0 inside of it. Raises KeyError."""
        number = self._number[name]
        edges = self._edges[self._starts[number] : self._starts[number + 1]]
        start, along = edges[:, :2], edges[:, 2:] - edges[:, :2]
        length = np.maximum((along**2).sum(axis=1), 1e-12)
        share = np.clip(((np.array(point) - start) * along).sum(axis=1) / length, 0, 1)
        distance = float(np.linalg.norm(start + share[:, None] * along - np.array(point), axis=1).min())
        return -distance if _crossed(np.array([point], np.float64), edges).sum() % 2 else distance


def _crossed(points: Floats64, edges: Floats64) -> NDArray[np.int64]:
    """(n, e) whether a ray from each point to the right crosses each edge."""
    (x, y), (x1, y1, x2, y2) = points.T[:, :, None], edges.T[:, None, :]
    spans = (y1 <= y) != (y2 <= y)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(spans & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)), np.int64)
