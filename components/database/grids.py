"""Grids of person-seconds out of their rows."""

from __future__ import annotations

from components.database.schema import HeatDay, HeatRow
from components.facts.heat import Grid, unpack


def grid_of(row: HeatDay | HeatRow) -> Grid:
    return unpack(row.seconds, cell=row.cell, column=row.column, row=row.row, shape=(row.rows, row.columns))
