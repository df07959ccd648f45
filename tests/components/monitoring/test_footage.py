"""Footage in a store: looked at, proposed once, and its reference kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest

from components.contracts import Camera, Segment, file_digest
from components.database.database import Database
from components.database.registry import Registry
from components.database.segments import Segments
from components.monitoring.footage import filmed, look
from components.monitoring.moved import Watch
from components.monitoring.proposals import Proposals
from components.storage import layout
from components.storage.storage import Storage
from tests.components.datasets.conftest import film as written
from tests.components.monitoring.conftest import SECOND, TEN, turned

CAMERA = Camera("cam", "Desk", ((0.01, 0, 0), (0, 0.01, 0), (0, 0, 1)))
WATCH = Watch(window=4, windows=2, least=3.0)


@pytest.fixture
def ward(tmp_path: Path, view: Callable) -> Iterator[tuple[Storage, Database]]:
    """Two pieces of ten frames a second; in the second one, after 0.5 s, the camera has moved."""
    storage, database = Storage(str(tmp_path / "store")), Database(f"sqlite:///{tmp_path}/ward.db")
    Registry(database).add_camera(CAMERA, "north", TEN)
    for piece in range(2):
        images = [view(turned(3.0) if piece and n >= 5 else None, seed=n, people=2) for n in range(20)]
        file = tmp_path / "film.mkv"
        written(file, [cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) for image in images])
        start, digest = TEN + piece * 2 * SECOND, file_digest(file)
        storage.put(file, f"raw/{piece}.mkv")
        Segments(database).add(Segment(CAMERA, digest, start, start + 2 * SECOND, 20, f"raw/{piece}.mkv"), "ffv1", 1)
    yield storage, database
    database.close()


def test_a_move_in_footage_is_proposed_once_and_the_reference_outlives_it(ward) -> None:
    storage, database = ward
    assert filmed(database) == ["cam"]
    first = look("cam", watch=WATCH, seconds=0.1, storage=storage, database=database)
    assert first["new"] == 1 and first["pictures"] >= 32
    (proposal,) = Proposals(database).all()
    assert proposal.moved == TEN + 2_500_000_000 and proposal.reliable
    assert storage.exists(layout.background("cam", CAMERA.version))
    assert look("cam", watch=WATCH, seconds=0.1, storage=storage, database=database)["new"] == 0


def test_after_a_refusal_what_counts_is_what_is_seen_since(ward) -> None:
    storage, database = ward
    look("cam", watch=WATCH, seconds=0.1, storage=storage, database=database)
    Proposals(database).refuse("cam", who="ann")
    again = look("cam", watch=WATCH, seconds=0.1, storage=storage, database=database)
    assert again["new"] == 0 and again["pictures"] == 15  # those since the refused move, compared with the first of them


def test_too_little_footage_is_said(ward) -> None:
    storage, database = ward
    found = look("cam", watch=Watch(window=30, windows=1), seconds=0.5, storage=storage, database=database)
    assert found["new"] == 0 and "too little footage" in found["notes"][0]
