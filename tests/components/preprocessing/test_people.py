import numpy as np
import pytest

from components.contracts import Detections, Frame, InputError, Rejected
from components.preprocessing.hiding import GREY
from components.preprocessing.people import People
from components.preprocessing.resize import Resize

SECOND = 10**9
BOX = (60.0, 20.0, 100.0, 120.0)


class Eyes:
    """A detector that sees what it is told, in native pixels."""

    def __init__(self, *boxes, score=0.9):
        self.boxes, self.score = boxes, score

    def detect(self, frames):
        n = len(self.boxes)
        found = Detections(
            np.array(self.boxes, np.float32).reshape(n, 4), np.full(n, self.score, np.float32), np.zeros(n, np.int64)
        )
        return [found for _ in frames]


class Broken:
    def detect(self, frames):
        raise RuntimeError("out of memory")


@pytest.fixture
def white(frame_of):
    return lambda time=0: frame_of(np.full((144, 192, 3), 255, np.uint8), time=time)


def hidden(result):
    return (result.image == GREY).all(axis=2)


def test_the_person_is_hidden_and_a_little_around(white):
    mask = hidden(People(Eyes(BOX), part="person", how="fill")(white()))
    assert mask[15:125, 58:102].all() and not mask[:14].any() and not mask[:, :57].any() and not mask[126:].any()


def test_the_head_is_the_upper_part_of_the_box(white):
    mask = hidden(People(Eyes(BOX), part="head", how="fill")(white()))
    assert mask[20:50, 60:100].all() and not mask[56:].any()


def test_native_boxes_hold_in_a_smaller_picture(white):
    mask = hidden(People(Eyes(BOX), how="fill", grow=0)(Resize(width=96)(white())))
    assert mask[10:60, 30:50].all() and not mask[:9].any() and not mask[61:].any()


def test_who_is_missed_for_a_frame_stays_hidden_for_a_while(white):
    eyes = Eyes(BOX)
    step = People(eyes, how="fill", hold=1.0)
    step(white())
    eyes.boxes = ()
    assert hidden(step(white(SECOND)))[40, 80]
    assert not hidden(step(white(3 * SECOND))).any()


def test_weak_detections_count_as_the_score_says(white):
    assert not hidden(People(Eyes(BOX, score=0.2), how="fill", score=0.5)(white())).any()
    assert hidden(People(Eyes(BOX, score=0.2), how="fill")(white())).any()


def test_no_detection_no_picture(white):
    step = People(Eyes(), nobody="reject")
    assert step(white()) == Rejected("unmasked")
    assert isinstance(People(Eyes())(white()), Frame)


def test_a_detector_that_fails_leaves_no_picture(white, caplog):
    assert People(Broken())(white()) == Rejected("unmasked")
    assert "camera cam" in caplog.text


@pytest.mark.parametrize("wrong", [{"score": 2.0}, {"share": 0.0}, {"grow": -1.0}, {"hold": -1.0}, {"blocks": 0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        People(Eyes(), **wrong)
