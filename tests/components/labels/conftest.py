"""A store, a database, and a camera that hung in two places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from components.contracts import Camera, Frame, Segment
from components.database.database import Database
from components.database.registry import Registry
from components.labels.marked import Box, Export, Marked
from components.labels.sets import LabelSets
from components.storage.storage import Storage

TEN = 1_772_445_600_000_000_000
SECOND = 1_000_000_000
HERE = Camera("cam", "Desk", ((0.01, 0, 0), (0, 0.01, 0), (0, 0, 1)))
THERE = replace(HERE, homography=((0.01, 0, 1), (0, 0.01, 0), (0, 0, 1)))


@dataclass(frozen=True, slots=True)
class World:
    """Where labels live."""

    storage: Storage
    database: Database
    sets: LabelSets
    registry: Registry


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    storage, database = Storage(str(tmp_path / "store")), Database(f"sqlite:///{tmp_path}/ward.db")
    registry = Registry(database)
    registry.add_camera(HERE, "north", TEN)
    yield World(storage, database, LabelSets(storage, database), registry)
    database.close()


@pytest.fixture
def export() -> Export:
    """Four pictures of the first four seconds; nobody is in the last."""
    boxes = [(Box((10.0, 20.0 + n, 50.0, 120.0), "ann", "nurse", 0.75),) if n < 3 else () for n in range(4)]
    pictures = [Marked(f"file, picture {n}", f"cam-{TEN + n * SECOND}", boxes[n], size=(640, 480)) for n in range(4)]
    return Export(tuple(pictures))


def segment(camera: Camera = HERE) -> Segment:
    return Segment(camera, "a" * 64, TEN, TEN + 10 * SECOND, 100, "raw/a.mkv")


def frame(seconds: float, camera: Camera = HERE) -> Frame:
    return Frame(camera, TEN + round(seconds * SECOND), 0, "a" * 64, 0, np.zeros((480, 640, 3), np.uint8), np.eye(3))
