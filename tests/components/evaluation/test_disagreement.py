"""Pictures are chosen by boxes that one run has and another does not, right ones and wrong ones."""

from __future__ import annotations

import numpy as np
import pytest

from components.contracts import Detections
from components.evaluation.contrast import table
from components.evaluation.detection import evaluate_detector
from components.evaluation.disagreement import disputed
from tests.judged_tables import Memory, samples

PICTURES = samples(30, seed=2)
CROWDED = [i for i, each in enumerate(PICTURES) if (each.visibility >= 0.25).sum() >= 3]


class Told:
    """Finds everybody but `blind` (picture and person), and nobody with a score of less than one half."""

    def __init__(self, *blind: tuple[int, int], ghost: int = -1) -> None:
        self.blind, self.ghost = set(blind), ghost

    def detect(self, frames):
        return [self._one(frame.index) for frame in frames]

    def _one(self, i):
        kept = [k for k in range(len(PICTURES[i].boxes)) if (i, k) not in self.blind]
        boxes = [*PICTURES[i].boxes[kept].tolist(), *([[300, 300, 320, 340]] if i == self.ghost else [])]
        table = np.array(boxes, np.float32).reshape(-1, 4)
        return Detections(table, np.full(len(table), 0.5, np.float32), np.zeros(len(table), np.int64))


@pytest.fixture
def judged(tmp_path):
    def run(*detectors):
        folders = [tmp_path / str(number) for number in range(len(detectors))]
        for folder, detector in zip(folders, detectors, strict=True):
            folder.mkdir(parents=True, exist_ok=True)
            evaluate_detector(detector, dataset=Memory(PICTURES), folder=folder)
        return [table(folder) for folder in folders], folders

    return run


def seen(i: int) -> list[int]:
    return np.flatnonzero(PICTURES[i].visibility >= 0.25).tolist()


def test_those_with_the_most_boxes_in_dispute_come_first(judged) -> None:
    one, two = CROWDED[:2]
    blind = [(one, seen(one)[0]), (one, seen(one)[1]), (two, seen(two)[0])]
    found = disputed(*judged(Told(), Told(*blind), Told()), score=0.25, most=8)
    assert [each.boxes for each in found] == [2, 1]
    assert [each.time for each in found] == [PICTURES[one].time, PICTURES[two].time]
    first = found[0]
    assert [len(each.boxes) for each in first.found] == [len(PICTURES[one].boxes) - missing for missing in (0, 2, 0)]
    assert first.camera == PICTURES[one].camera and first.found[1].right.sum() >= 1
    assert len(disputed(*judged(Told(), Told(*blind)), score=0.25, most=1)) == 1


def test_other_people_and_ghosts_are_a_dispute_although_as_many_were_found(judged) -> None:
    one = CROWDED[0]
    a, b = seen(one)[:2]
    (only,) = disputed(*judged(Told((one, a)), Told((one, b))), score=0.25, most=8)
    assert (only.time, only.boxes) == (PICTURES[one].time, 2)
    (ghost,) = disputed(*judged(Told(), Told(ghost=3)), score=0.25, most=8)
    assert (ghost.time, ghost.boxes) == (PICTURES[3].time, 1) and not ghost.found[1].right.all()


def test_nothing_in_dispute(judged) -> None:
    assert disputed(*judged(Told(), Told()), score=0.25, most=8) == []
    assert disputed(*judged(Told(), Told(*[(CROWDED[0], k) for k in range(6)])), score=0.9, most=8) == []
