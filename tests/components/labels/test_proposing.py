from __future__ import annotations

import numpy as np

from components.contracts import Detections
from components.labels import table as tables
from components.labels.proposing import proposed
from tests.components.labels.conftest import HERE, frame


class Teacher:
    """Sees one person surely and one hardly in every frame but the first."""

    def detect(self, frames):
        def seen(one):
            boxes = np.array([[1, 2, 30, 40], [5, 5, 9, 9]], np.float32)[: 0 if one is frames[0] else 2]
            return Detections(boxes, np.array([0.9, 0.1], np.float32)[: len(boxes)], np.zeros(len(boxes), np.int64))

        return [seen(one) for one in frames]


def test_what_a_teacher_sees_well_enough_is_proposed_with_its_score() -> None:
    table = proposed((frame(n) for n in range(3)), Teacher(), least=0.5)
    assert tables.pictures(table) == 3 and tables.boxes(table) == 2
    assert np.allclose(table["score"].to_numpy()[1:], 0.9)
    assert set(table["camera_version"].to_pylist()) == {HERE.version}
    assert table["person"].to_pylist() == ["", "unknown", "unknown"]
