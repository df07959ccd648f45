"""Footage of one moment, seen by several cameras, says how far their recorded times are apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.contracts import Bgr, InputError
from flows.clocks import clocks
from flows.ingest import ingest
from tests.components.datasets.conftest import film

SPAN = ["since=2026-03-02T10:00", "until=2026-03-02T10:02", "runner=local"]


def recorded(folder: Path, pictures: dict[str, list[Bgr]], starts: dict[str, str]) -> None:
    """Pictures of ten a second in the store, each camera's from its own moment on."""
    eye = folder / "floor.txt"
    np.savetxt(eye, np.eye(3))
    words = ["fleet=video", "runner=local"]
    for camera, images in pictures.items():
        film(folder / f"{camera}.mkv", images)
        own = {"uri": folder / f"{camera}.mkv", "homography": eye, "start": f"'2026-03-02T10:00:{starts[camera]}+00:00'"}
        words += [f"++fleet.cameras.{camera}.{key}={value}" for key, value in own.items()]
    assert ingest(words).ok


def test_light_that_is_switched_says_how_far_times_are_apart(runs: Path, tmp_path: Path) -> None:
    lit = np.searchsorted(np.array([2.0, 3.3, 6.1, 7.4, 9.0]), np.arange(0, 11, 0.1)) % 2 == 0
    pictures = {
        name: [np.full((48, 64, 3), (high if on else low) + n % 2, np.uint8) for n, on in enumerate(lit)]
        for name, high, low in (("cam1", 150, 60), ("ward", 190, 120))
    }
    recorded(tmp_path, pictures, {"cam1": "00.000000", "ward": "04.200000"})
    told = clocks(["do=flash", *SPAN, "reference=[cam1]"])
    assert told.details["ahead"] == {"ward": pytest.approx(4.2e9, abs=0.06e9)} and told.figures["pairs"] == 1
    assert told.failures["ward"].startswith("clock fault: what is recorded of ward is 4.2 s ahead, as light says")
    assert {one["way"] for one in clocks([]).details["clocks"]} == {"flash"}
    with pytest.raises(InputError, match="needs since="):
        clocks(["do=flash", "since=2026-03-02"])
    with pytest.raises(InputError, match="no footage from 2026-03-03"):
        clocks(["do=flash", "since=2026-03-03T10:00", "until=2026-03-03T10:01", "runner=local"])
