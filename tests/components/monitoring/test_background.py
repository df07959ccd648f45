from __future__ import annotations

from dataclasses import replace

import numpy as np

from components.contracts import Calibration, Camera
from components.monitoring.background import background, gray, straightened
from tests.components.monitoring.conftest import LENS

EYE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def test_people_who_walk_by_are_gone(view) -> None:
    empty, crowded = view().astype(int), [view(seed=n, people=4) for n in range(1, 16)]
    assert np.abs(background(crowded).astype(int) - empty).mean() < 4 < np.abs(crowded[0].astype(int) - empty).mean()


def test_grey_is_luma() -> None:
    assert gray(np.full((2, 3, 3), (0, 255, 0), np.uint8)).tolist() == [[150] * 3] * 2


def test_only_a_lens_that_bends_is_undone(view) -> None:
    perfect = Calibration(tuple(map(tuple, LENS.tolist())), (), EYE, (0.0, 0.0, 3.0))
    camera, picture = Camera("cam", "", EYE, perfect), view()
    assert straightened(picture, camera) is picture and straightened(picture, replace(camera, calibration=None)) is picture
    bent = replace(camera, calibration=replace(perfect, distortion=(-0.3, 0.1, 0.0, 0.0)))
    assert straightened(picture, bent).shape == picture.shape and (straightened(picture, bent) != picture).mean() > 0.2
