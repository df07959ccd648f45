"""Where people spend their time: grids of person-seconds on the floor."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from components.contracts import Position

HUNDREDTHS = 100  # of a second: the unit that grids are kept in
HOUR = 3_600_000_000_000  # ns
EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Grid:
    """Time spent on each cell of the floor: cell (r, c) begins at x = (column + c) * cell, y = (row + r) * cell."""

    cell: float  # metres
    column: int
    row: int
    seconds: NDArray[np.float64]  # (rows, columns) person-seconds

    def pack(self) -> bytes:
        """zlib of little-endian uint32 in hundredths of a second, row by row."""
        return zlib.compress(np.rint(self.seconds * HUNDREDTHS).astype("<u4").tobytes(), 1)


def unpack(packed: bytes, *, cell: float, column: int, row: int, shape: tuple[int, int]) -> Grid:
    """The grid that was packed; `shape` is (rows, columns)."""
    units = np.frombuffer(zlib.decompress(packed), "<u4").reshape(shape)
    return Grid(cell, column, row, units / HUNDREDTHS)


def total(grids: Iterable[Grid], *, cell: float) -> Grid:
    """The sum of `grids` of one cell size, as large as all of them together; grids of another cell size are left out."""
    parts = [grid for grid in grids if grid.cell == cell and grid.seconds.size]
    if not parts:
        return Grid(cell, 0, 0, np.zeros((0, 0)))
    column, row = min(grid.column for grid in parts), min(grid.row for grid in parts)
    width = max(grid.column + grid.seconds.shape[1] for grid in parts) - column
    height = max(grid.row + grid.seconds.shape[0] for grid in parts) - row
    seconds = np.zeros((height, width))
    for grid in parts:
        rows, columns = grid.seconds.shape
        top, left = grid.row - row, grid.column - column
        seconds[top : top + rows, left : left + columns] += grid.seconds
    return Grid(cell, column, row, seconds)


def grid_of(cells: dict[tuple[int, int], float], *, cell: float) -> Grid:
    """The smallest grid that holds `cells`: seconds by (row, column)."""
    if not cells:
        return Grid(cell, 0, 0, np.zeros((0, 0)))
    places = np.array(list(cells))
    row, column = places.min(axis=0).tolist()
    seconds = np.zeros(tuple(places.max(axis=0) - (row, column) + 1))
    seconds[places[:, 0] - row, places[:, 1] - column] = list(cells.values())
    return Grid(cell, column, row, seconds)


@dataclass(frozen=True, slots=True)
class Heat:
    """Where the people of one role spent (a part of) an hour; role * is everybody."""

    hour: int  # its beginning, fleet time in ns
    role: str
    start: int  # the part that was watched
    end: int
    grid: Grid


class Hours:
    """Adds up time on the floor, in cells of `cell` metres, by the hour and role; each moment stands for `step` seconds."""

    def __init__(self, *, cell: float, step: float) -> None:
        self._cell, self._step = cell, step
        self._cells: dict[tuple[int, str], dict[tuple[int, int], float]] = {}
        self._parts: dict[int, tuple[int, int]] = {}  # hour -> first and last moment

    def see(self, time: int, positions: Sequence[Position]) -> None:
        """One moment, also one with nobody in it."""
        hour = time // HOUR * HOUR
        self._parts[hour] = (self._parts.get(hour, (time, time))[0], time)
        for each in positions:
            cell = (floor(each.y / self._cell), floor(each.x / self._cell))
            for role in (each.role, EVERYBODY):
                cells = self._cells.setdefault((hour, role), {})
                cells[cell] = cells.get(cell, 0.0) + self._step

    def rows(self) -> list[Heat]:
        """All that is known, in order."""
        return [
            Heat(
                hour, role, self._parts[hour][0], self._parts[hour][1] + round(self._step * 1e9), grid_of(cells, cell=self._cell)
            )
            for (hour, role), cells in sorted(self._cells.items(), key=lambda item: item[0])
        ]

    def forget(self, time: int) -> None:
        """Drop the hours that ended at `time` or before."""
        self._cells = {key: cells for key, cells in self._cells.items() if key[0] > time - HOUR}
        self._parts = {hour: part for hour, part in self._parts.items() if hour > time - HOUR}
