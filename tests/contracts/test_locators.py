"""What every locator must do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from components.contracts import UNKNOWN, Calibration, Camera, Frame, Locator, Places, Tracks, Zone
from components.locators.floor import Floor
from components.locators.smoothed import Smoothed
from components.preprocessing.resize import Resize

SIN, COS = np.sin(np.radians(10)), np.cos(np.radians(10))
LENS = Calibration(  # 2.8 m up, 10 degrees below the horizon, which is in the picture, looking along y
    ((600.0, 0.0, 320.0), (0.0, 600.0, 240.0), (0.0, 0.0, 1.0)), (-0.28, 0.1, 0.001, -0.0005, -0.02),
    ((1.0, 0.0, 0.0), (0.0, -SIN, -COS), (0.0, COS, -SIN)), (0.0, 2.8 * COS, 2.8 * SIN), (640, 480),
)  # fmt: skip
CAMERAS = {"homography": Camera("cam", "", LENS.homography), "calibrated": Camera("cam", "", LENS.homography, LENS)}
ZONES = (Zone("ward", "room", ((-50.0, -50.0), (50.0, -50.0), (50.0, 50.0), (-50.0, 50.0))),)
KINDS: dict[str, Callable[[], Locator]] = {
    "floor": lambda: Floor(zones=ZONES),
    "smooth": lambda: Smoothed(floor=Floor(zones=ZONES)),
}
BOXES = np.array([(300, 150, 360, 320), (100, 100, 150, 260), (500, 300, 600, 480), (10, 0, 60, 20)], np.float32)  # one flies


@pytest.fixture(params=KINDS)
def make(request) -> Callable[[], Locator]:
    return KINDS[request.param]


@pytest.fixture(params=CAMERAS)
def frame(request) -> Frame:
    return Frame(CAMERAS[request.param], 10**9, 0, "", 0, np.zeros((480, 640, 3), np.uint8), np.eye(3))


def tracks(boxes: np.ndarray = BOXES) -> Tracks:
    return Tracks(np.arange(len(boxes)) + 1, boxes, np.ones(len(boxes), np.float32))


def same(one: Places, other: Places) -> bool:
    return (
        np.array_equal(one.floor, other.floor) and np.array_equal(one.uncertainty, other.uncertainty) and one.zones == other.zones
    )


def test_every_track_has_a_place_an_uncertainty_and_a_zone(make, frame):
    places = make().locate(frame, tracks())
    assert (places.floor.shape, places.uncertainty.shape, len(places.zones)) == ((4, 2), (4,), 4)
    assert places.floor.dtype == places.uncertainty.dtype == np.float64
    assert np.isfinite(places.floor).all() and (places.uncertainty > 0).all() and np.isfinite(places.uncertainty).all()
    assert places.zones == ("ward", "ward", "ward", UNKNOWN)


def test_nobody_is_nobody(make, frame):
    places = make().locate(frame, tracks(BOXES[:0]))
    assert (places.floor.shape, places.uncertainty.shape, places.zones) == ((0, 2), (0,), ())


def test_boxes_stay_native_where_pictures_are_shrunk(make, frame):
    shrunk = Resize(width=320)(frame)
    assert make().locate(shrunk, tracks()).floor == pytest.approx(make().locate(frame, tracks()).floor)


def test_instances_share_nothing_and_results_repeat(make, frame):
    one, other, steps = make(), make(), [replace(frame, time=i * 10**8) for i in range(1, 6)]
    moved = [tracks(BOXES + np.float32(3 * i)) for i in range(5)]
    alone = [one.locate(step, each) for step, each in zip(steps, moved, strict=True)]
    for step, each, before in zip(steps, moved, alone, strict=True):
        one.locate(replace(step, time=step.time + 10**12), tracks(BOXES[::-1].copy()))
        assert same(other.locate(step, each), before)


def test_what_it_is_given_stays_as_it_was(make, frame):
    given = tracks(BOXES.copy())
    make().locate(frame, given)
    assert np.array_equal(given.boxes, BOXES)


def test_all_kinds_are_here():
    from pathlib import Path

    options = {path.stem for path in (Path(__file__).resolve().parents[2] / "conf" / "locator").glob("*.yaml")}
    assert options == set(KINDS)
