import numpy as np
import pytest

from components.calibration.points import Points
from components.contracts import Calibration, Camera
from components.view import View

DEEP = 0.75**0.5
LENS = Calibration(  # 2.8 m up, 30 degrees below the horizon, looking along y
    ((600.0, 0.0, 480.0), (0.0, 600.0, 270.0), (0.0, 0.0, 1.0)), (-0.28, 0.1, 0.001, -0.0005, -0.02),
    ((1.0, 0.0, 0.0), (0.0, -0.5, -DEEP), (0.0, DEEP, -0.5)), (0.0, 2.8 * DEEP, 1.4), (960, 540),
)  # fmt: skip
PLACES = np.array([(x, y) for y in (3.0, 4.5, 7.0) for x in (-2.0, 0.0, 1.5)])


@pytest.fixture
def lens():
    return LENS


@pytest.fixture
def view():
    return View(Camera("cam", "", LENS.homography, LENS))


@pytest.fixture
def clicked(view):
    """Nine points of the floor and where the camera sees them, with errors of `noise` pixels."""

    def points(noise=0.0, places=PLACES):
        where = np.asarray(places, np.float64)
        pixels = view.pixels(where) + np.random.default_rng(0).normal(0, noise, where.shape)
        return Points(tuple(f"line {i + 2}" for i in range(len(where))), pixels, where)

    return points
