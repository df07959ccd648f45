"""Writes figures as tables: CSV for people and programs, and JSON that MLflow's page shows as a table."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
SHOWN = "mlflow.loggedArtifacts"  # the tag by which MLflow's page knows which JSON files are tables
FOLDER = "tables"


def write(folder: Path, name: str, rows: Sequence[Row]) -> None:
    """`rows`, all with the same columns, as <folder>/tables/<name>.csv and .json; NaN and None become empty."""
    (folder / FOLDER).mkdir(exist_ok=True)
    columns = list(rows[0]) if rows else []
    values = [[_plain(row[column]) for column in columns] for row in rows]
    with (folder / FOLDER / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *values])
    (folder / FOLDER / f"{name}.json").write_text(json.dumps({"columns": columns, "data": values}, allow_nan=False))


def tag(names: Iterable[str]) -> dict[str, str]:
    """What the run has to carry for MLflow's page to show the tables of these names."""
    return {SHOWN: json.dumps([{"path": f"{FOLDER}/{name}.json", "type": "table"} for name in names])}


def _plain(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) and math.isfinite(value) else None if isinstance(value, float) else value
