from __future__ import annotations

import numpy as np

from components.contracts import Position
from components.facts import heat

HOUR = heat.HOUR


def _at(time: int, role: str, x: float, y: float) -> Position:
    return Position(time, "i", "unknown", role, 0.0, x, y, 0.1, "z", (), (), "")


def test_time_is_added_up_by_cell_role_and_hour() -> None:
    hours = heat.Hours(cell=0.5, step=0.2)
    hours.see(HOUR - 1, [_at(HOUR - 1, "nurse", 0.1, 0.1)])
    hours.see(HOUR, [_at(HOUR, "nurse", -0.1, 1.0), _at(HOUR, "doctor", 0.9, 1.2)])
    rows = {(row.hour, row.role): row for row in hours.rows()}
    assert list(rows) == [(0, "*"), (0, "nurse"), (HOUR, "*"), (HOUR, "doctor"), (HOUR, "nurse")]
    both = rows[HOUR, "*"]
    assert (both.grid.column, both.grid.row, both.start, both.end) == (-1, 2, HOUR, HOUR + 200_000_000)
    assert both.grid.seconds.tolist() == [[0.2, 0.0, 0.2]]
    hours.forget(HOUR)
    assert {row.hour for row in hours.rows()} == {HOUR}


def test_a_grid_comes_back_as_it_was_packed() -> None:
    grid = heat.grid_of({(3, -2): 1.23, (5, 0): 4000.0}, cell=0.5)
    again = heat.unpack(grid.pack(), cell=grid.cell, column=grid.column, row=grid.row, shape=grid.seconds.shape)
    assert (again.column, again.row) == (-2, 3) and np.allclose(again.seconds, grid.seconds)


def test_the_sum_holds_all_grids_of_its_cell_size() -> None:
    grids = [
        heat.grid_of({(0, 0): 1.0}, cell=0.5),
        heat.grid_of({(2, 1): 2.0, (0, 0): 3.0}, cell=0.5),
        heat.grid_of({(9, 9): 1.0}, cell=1.0),
    ]
    total = heat.total(grids, cell=0.5)
    assert total.seconds.tolist() == [[4.0, 0.0], [0.0, 0.0], [0.0, 2.0]]
    assert heat.total([], cell=0.5).seconds.size == 0
