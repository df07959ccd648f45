"""Footage of one moment, seen by several cameras, says how far their recorded times are apart."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from components.clocks.shown import PERIOD, text
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


def test_a_clock_that_is_held_before_a_camera_says_how_far_its_times_are_off(runs: Path, tmp_path: Path) -> None:
    encoder, begin, pictures = cv2.QRCodeEncoder.create(), 1_772_445_600_000_000_000, list[Bgr]()
    for n in range(30):
        shown = begin + n * 100_000_000 - 20_000_000  # the film begins at ten o'clock, its screen is 20 ms late
        code = encoder.encode(text(shown // PERIOD * PERIOD)) if n % 10 < 6 else np.full((25, 25), 255, np.uint8)
        picture = np.full((240, 320), 160, np.uint8)
        picture[20:195, 60:235] = cv2.resize(code, None, fx=7, fy=7, interpolation=cv2.INTER_NEAREST)
        pictures.append(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    dark = [np.zeros((48, 64, 3), np.uint8)] * 20
    recorded(tmp_path, {"cam1": pictures, "ward": dark}, {"cam1": "02.340000", "ward": "00.000000"})
    told = clocks(["do=shown", *SPAN])
    assert told.details["ahead"] == {"cam1": pytest.approx(2.34e9, abs=0.06e9)} and "by ward" in told.note
    assert (
        told.failures["cam1"].startswith("clock fault: what is recorded of cam1 is 2.")
        and "as a clock says" in told.failures["cam1"]
    )
