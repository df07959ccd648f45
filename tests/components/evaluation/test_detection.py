"""Detection figures on cases whose answer can be worked out by hand."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from components.contracts import Detections, InputError, Sample
from components.evaluation.detection import evaluate_detector

PEOPLE = np.array([[10, 10, 30, 60], [50, 10, 70, 60]], np.float32)


def sample(camera="a", *, boxes=PEOPLE, visibility=None):
    visible = np.ones(len(boxes), np.float32) if visibility is None else np.array(visibility, np.float32)
    return Sample(np.zeros((80, 100, 3), np.uint8), boxes, np.zeros(len(boxes), np.int64), visible, camera, 0)


@dataclass
class Memory:
    """A dataset of one split."""

    samples: list
    digest: str = "d" * 64
    chain: list = field(default_factory=list)
    chain_digest: str = ""

    def split(self, name):
        return self.samples if name == "test" else []


class Says:
    """A detector that gives prepared answers, one per frame."""

    def __init__(self, *answers):
        self.answers, self.batches, self.cameras = list(answers), [], []

    def detect(self, frames):
        self.batches.append(len(frames))
        self.cameras += [frame.camera.id for frame in frames]
        return [self.answers.pop(0) for _ in frames]


def found(*rows):
    """Detections from rows of (x0, y0, x1, y1, score)."""
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Detections(table[:, :4], table[:, 4], np.zeros(len(table), np.int64))


RIGHT = found((10, 10, 30, 60, 0.9), (50, 10, 70, 60, 0.8))
NOBODY = found()


def figures(samples, *answers, **words):
    return evaluate_detector(Says(*answers), dataset=Memory(samples), **words).overall


def test_all_found_exactly():
    report = figures([sample(), sample()], RIGHT, RIGHT)
    assert (report.map50, report.map, report.precision, report.recall) == pytest.approx((1, 1, 1, 1))
    assert (report.frames, report.people) == (2, 4)


def test_half_found():
    report = figures([sample(), sample()], RIGHT, NOBODY)
    assert report.recall == 0.5
    assert report.precision == 1.0
    assert report.map50 == pytest.approx(0.5, abs=0.01)


def test_false_alarms_cost_precision():
    report = figures([sample()], found((10, 10, 30, 60, 0.9), (50, 10, 70, 60, 0.8), (75, 10, 95, 60, 0.7)))
    assert report.precision == pytest.approx(2 / 3)
    assert report.recall == 1.0


def test_the_score_decides_precision_and_recall_but_not_average_precision():
    answer = found((10, 10, 30, 60, 0.9), (50, 10, 70, 60, 0.1))
    report = figures([sample()], answer, score=0.5)
    assert (report.precision, report.recall) == (1.0, 0.5)
    assert report.map50 == pytest.approx(1.0)


def test_a_second_box_on_one_person_is_a_false_alarm():
    report = figures([sample(boxes=PEOPLE[:1])], found((10, 10, 30, 60, 0.9), (11, 10, 31, 60, 0.8)))
    assert (report.precision, report.recall) == (0.5, 1.0)


def test_loose_boxes_count_at_half_overlap_only():
    report = figures([sample(boxes=PEOPLE[:1])], found((10, 10, 30, 45, 0.9)))  # IoU 0.7
    assert report.map50 == pytest.approx(1.0)
    assert report.map == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("answer", [RIGHT, found((10, 10, 30, 60, 0.9))])
def test_who_is_hardly_visible_does_not_count_found_or_not(answer):
    report = figures([sample(visibility=[1.0, 0.1])], answer)
    assert (report.map50, report.precision, report.recall, report.people) == (pytest.approx(1.0), 1.0, 1.0, 1)


def test_figures_for_each_camera_in_native_pixels():
    says = Says(RIGHT, NOBODY, RIGHT)
    report = evaluate_detector(says, dataset=Memory([sample("a"), sample("b"), sample("a")]), batch_size=2)
    assert says.batches == [2, 1]
    assert says.cameras == ["a", "b", "a"]
    assert report.cameras["a"].recall == 1.0
    assert report.cameras["b"].recall == 0.0
    assert report.cameras["b"].map50 == 0.0
    assert report.overall.recall == pytest.approx(2 / 3)
    flat = report.metrics()
    assert flat["recall.a"] == 1.0
    assert flat["frames"] == 3
    assert "precision.b" not in flat  # nothing was said, so nothing can be right or wrong


def test_a_camera_without_people_has_no_figure():
    report = evaluate_detector(Says(RIGHT, NOBODY), dataset=Memory([sample("a"), sample("b", boxes=PEOPLE[:0])]))
    assert np.isnan(report.cameras["b"].map50)
    assert report.overall.map50 == pytest.approx(1.0)


def test_progress_goes_to_the_end():
    seen = []
    evaluate_detector(Says(*[RIGHT] * 5), dataset=Memory([sample()] * 5), batch_size=2, progress=lambda *at: seen.append(at))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_an_empty_split_gets_one_message():
    with pytest.raises(InputError, match="dataset dddddddddddd: its val split is empty; evaluate another split"):
        evaluate_detector(Says(), dataset=Memory([]), split="val")
