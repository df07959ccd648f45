from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.contracts import Camera, Frame, InputError, Segment, Truth
from components.labels.recorded_truth import CLOSE, RecordedTruth
from components.storage import layout
from components.storage.storage import Storage
from components.storage.truth import write_truth

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
STEP = 40_000_000


def _segment(name: str) -> Segment:
    return Segment(CAMERA, name * 64, 0, 1, 3, f"raw/{name}.mkv")


def _frame(time: int) -> Frame:
    return Frame(CAMERA, time, 0, "", 0, np.zeros((4, 4, 3), np.uint8), np.eye(3))


@pytest.fixture
def labels(tmp_path: Path) -> RecordedTruth:
    storage = Storage(str(tmp_path))
    for name, person in (("a", "ann"), ("b", "bob")):
        truths = [
            Truth(n * STEP, np.ones((1, 4), np.float32), (f"{person} {n}",), ("nurse",), np.ones((1, 2)), np.ones(1, np.float32))
            for n in range(3)
        ]
        write_truth(storage, layout.truth(_segment(name).path), truths)
    return RecordedTruth(storage=storage)


@pytest.mark.parametrize("off", [0, CLOSE, -CLOSE])
def test_a_frame_finds_its_truth_by_time(labels: RecordedTruth, off: int) -> None:
    for n in (2, 0, 1):
        assert labels.label(_segment("a"), _frame(n * STEP + off)).people == (f"ann {n}",)


def test_segments_are_not_mixed_up(labels: RecordedTruth) -> None:
    assert [labels.label(_segment(name), _frame(0)).people for name in "aba"] == [("ann 0",), ("bob 0",), ("ann 0",)]


@pytest.mark.parametrize("time", [CLOSE + 1, STEP // 2, -CLOSE - 1, 2 * STEP + CLOSE + 1])
def test_a_frame_without_truth_is_refused(labels: RecordedTruth, time: int) -> None:
    with pytest.raises(InputError, match=f"camera cam: no truth for its frame at {time} ns"):
        labels.label(_segment("a"), _frame(time))


def test_footage_that_nobody_has_labelled(labels: RecordedTruth) -> None:
    with pytest.raises(InputError, match="nobody has labelled its footage of segment cccccccccccc; choose labels=none"):
        labels.label(_segment("c"), _frame(0))
