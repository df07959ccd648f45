"""From footage to picture without colour is the same as by way of colour."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from components.contracts import Frame
from components.datasets.prepare import Picture
from components.preprocessing.chain import apply
from components.preprocessing.demand import wanted
from components.preprocessing.gray import Gray
from components.preprocessing.resize import Resize
from components.samplers.fixed_rate import FixedRate
from components.sources.video import Video

LAB = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "lab4" / "cam0.mp4"
STEPS = (Resize(width=640, height=480), Gray())


@pytest.mark.skipif(not LAB.exists(), reason="the footage of lab4 is not here")
def test_pictures_are_the_same_either_way_but_for_a_level() -> None:
    assert wanted(STEPS) == "luma"
    walks = [Video("cam", uri=str(LAB)).frames(FixedRate(0.5), pixels) for pixels in ("bgr", wanted(STEPS))]
    compared = 0
    for pair in zip(*walks, strict=True):
        coloured, plain = (result for frame in pair if isinstance(result := apply(STEPS, frame), Frame))
        assert coloured.image.shape == plain.image.shape == (480, 640, 3) and plain.image.strides[2] == 0
        off = np.abs(coloured.image.astype(int) - plain.image)
        assert (off <= 1).mean() > 0.98 and off.mean() < 1
        stored = cv2.imdecode(np.frombuffer(Picture().encode(plain), np.uint8), cv2.IMREAD_UNCHANGED)
        assert stored is not None and stored.shape == (480, 640)
        compared += 1
    assert compared > 5
