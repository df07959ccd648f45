"""Footage of the simulated ward that is small enough for a test, and what a store and a database hold after it."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=4", "width=320", "height=180")]
CAMERAS = ["bay_a", "bay_b", "corridor", "station"]


def files(store: Path) -> dict[str, str]:
    """The digest of every file that a reader of the store can see."""
    seen = [path for path in sorted(store.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return {str(path.relative_to(store)): hashlib.sha256(path.read_bytes()).hexdigest() for path in seen}


def table(runs: Path, query: str) -> list[tuple[object, ...]]:
    """The answer of the database of a run."""
    connection = sqlite3.connect(runs / "wardflow.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def segments(runs: Path) -> list[tuple[object, ...]]:
    """What the database knows about raw footage."""
    columns = 'camera, camera_version, sha256, start, "end", frames, bytes, codec, path'
    return table(runs, f"SELECT {columns} FROM segments ORDER BY camera, start, sha256")
