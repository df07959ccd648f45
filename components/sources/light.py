"""The light on the ward: lamps and windows, by the hour of the day and the place on the floor."""

from __future__ import annotations

from math import pi, sin

import cv2
import numpy as np

from components.contracts import Floats32, Floats64
from components.sources.floorplan import CORRIDOR, FURNITURE, LOBBY, ROOMS, WINDOWS

CELL = 0.05  # metres per cell of a map
MARGIN = 1.0  # metres of map around the ward
SIZE = (15.0, 23.0)  # metres, y and x
LAMP = np.array([0.90, 0.98, 1.03])  # BGR: warm
SKY = np.array([1.06, 1.00, 0.95])  # BGR: cool


def daylight(hour: float) -> float:
    """How much daylight there is at an hour of the day, 0..1."""
    return max(0.0, sin(pi * (hour - 6.0) / 13.0)) ** 0.6 if 6.0 < hour < 19.0 else 0.0


def lamps(hour: float) -> float:
    """How bright the lamps are: dimmed between 22 and 6 o'clock."""
    return float(
        np.interp(hour, [0, 5.5, 6.5, 9, 16, 18, 21.5, 22.5, 24], [0.44, 0.44, 0.78, 0.66, 0.66, 0.82, 0.82, 0.44, 0.44])
    )


def dark(hour: float) -> bool:
    """Whether a sensor has to amplify what little light there is."""
    return lamps(hour) < 0.6 and daylight(hour) < 0.3


def gain(hour: float, lamp: Floats64 | Floats32, sky: Floats64 | Floats32) -> Floats64:
    """BGR factors (..., 3) for surfaces that receive `lamp` and `sky` (...) of the light of their kind, 0..1."""
    artificial = lamps(hour) * lamp[..., None].astype(np.float64) * LAMP
    natural = 0.45 * daylight(hour) * sky[..., None].astype(np.float64) * SKY
    both: Floats64 = artificial + natural
    return both


def sample(chart: Floats32, points: Floats64 | Floats32) -> Floats32:
    """The values (n,) of a map at floor points (n, 2)."""
    cells = ((points + MARGIN) / CELL).astype(np.int64)
    return chart[np.clip(cells[:, 1], 0, chart.shape[0] - 1), np.clip(cells[:, 0], 0, chart.shape[1] - 1)]


def lamp_chart() -> Floats32:
    """(rows, columns) float32: pools of light under a lamp every 2.5 m or so of each room."""
    chart = np.full(_shape(), 0.2, np.float32)
    for _, _, x, y in _areas():
        rows, columns = _cells(y), _cells(x)
        pool = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        for cx in _centres(x):
            for cy in _centres(y):
                v, u = np.mgrid[0 : pool.shape[0], 0 : pool.shape[1]] * CELL
                pool += np.exp(-((u + x[0] - cx) ** 2 + (v + y[0] - cy) ** 2) / (2 * 1.1**2))
        chart[rows, columns] = 0.8 + 0.3 * np.minimum(pool, 1.0)
    return chart


def sky_chart() -> Floats32:
    """(rows, columns) float32: daylight falling off from the windows, a little everywhere."""
    chart = np.full(_shape(), 0.55, np.float32)
    v, u = np.mgrid[0 : chart.shape[0], 0 : chart.shape[1]] * CELL - MARGIN
    for x, wall in WINDOWS:
        aside = np.maximum(np.maximum(x[0] - u, u - x[1]), 0)
        chart += 0.55 * np.exp(-np.hypot(aside, v - wall) / 1.8)
    outside = np.ones_like(chart, bool)
    for _, _, x, y in _areas():
        outside[_cells(y), _cells(x)] = False
    chart[outside] = 0.55
    return np.minimum(chart, 1.35)


def shade_chart() -> Floats32:
    """(rows, columns) float32 0..1: the soft shade on the floor beside and below furniture and walls."""
    solid = np.zeros(_shape(), np.float32)
    for block in FURNITURE:
        solid[_cells((block.low[1], block.high[1])), _cells((block.low[0], block.high[0]))] = 1.0
    for _, _, x, y in _areas():
        cv2.rectangle(solid, (_cells(x).start, _cells(y).start), (_cells(x).stop, _cells(y).stop), 0.7, 2)
    return 1.0 - 0.5 * cv2.GaussianBlur(solid, (0, 0), 0.16 / CELL)


def _areas() -> list[tuple[str, str, tuple[float, float], tuple[float, float]]]:
    return [CORRIDOR, LOBBY, *((room.name, room.kind, room.x, room.y) for room in ROOMS)]


def _shape() -> tuple[int, int]:
    return round(SIZE[0] / CELL), round(SIZE[1] / CELL)


def _cells(span: tuple[float, float]) -> slice:
    return slice(round((span[0] + MARGIN) / CELL), round((span[1] + MARGIN) / CELL))


def _centres(span: tuple[float, float]) -> list[float]:
    count = max(1, round((span[1] - span[0]) / 2.6))
    return [span[0] + (n + 0.5) * (span[1] - span[0]) / count for n in range(count)]
