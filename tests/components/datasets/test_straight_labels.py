"""Labels of pictures whose lens was undone: native boxes in the store, boxes of the straight picture for whoever learns."""

from dataclasses import replace

import numpy as np
import pytest

from components.contracts import Calibration
from components.datasets.dataset import StoredDataset
from components.pixels import native_boxes
from components.preprocessing.resize import Resize
from components.preprocessing.undistort import Undistort
from components.samplers.every import Every
from components.sources.recorded import Recorded

EYE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
LENS = Calibration(
    ((50.0, 0.0, 32.0), (0.0, 50.0, 24.0), (0.0, 0.0, 1.0)), (-0.3, 0.05, 0.0, 0.0), EYE, (0.0, 0.0, 3.0), (64, 48)
)


class Surveyed:
    """Tells every frame which lens it was taken with."""

    def __call__(self, frame):
        return replace(frame, camera=replace(frame.camera, calibration=LENS))


def test_boxes_stand_on_the_people_of_the_straight_picture(ward):
    steps = (Surveyed(), Undistort(keep="all"), Resize(width=128))
    dataset = StoredDataset(ward.dataset(*steps, cameras=("a",)), storage=ward.storage)
    sample = dataset.split("train")[0]
    frame = replace(native(ward), image=sample.image)
    assert native_boxes(frame, sample.boxes) == pytest.approx(np.array([[10, 8, 30, 40]]), abs=0.6)
    naive = (np.array([10, 8, 30, 40]) - native(ward).to_native[[0, 1, 0, 1], 2]) / native(ward).to_native[0, 0]
    assert np.abs(sample.boxes - naive).max() > 2, "to_native alone would not have said so"


def native(ward):
    """A frame as the chain leaves it."""
    segment = ward.segments["a"][0]
    frame = next(iter(Recorded(segment.camera, segments=[segment], storage=ward.storage).frames(Every())))
    for step in (Surveyed(), Undistort(keep="all"), Resize(width=128)):
        frame = step(frame)
    return frame
