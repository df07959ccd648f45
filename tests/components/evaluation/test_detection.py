"""Detection figures on cases whose answer can be worked out by hand."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from components.contracts import Detections, InputError, Sample
from components.evaluation.detection import evaluate_detector
from components.evaluation.slices import Slices

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


@pytest.fixture
def figures(tmp_path):
    return lambda samples, *answers, **words: evaluate(tmp_path, samples, *answers, **words).overall


def evaluate(folder, samples, *answers, **words):
    words = {"slices": Slices(people=1), **words}
    return evaluate_detector(Says(*answers), dataset=Memory(samples), folder=folder, **words)


def by_camera(report):
    return {part.value: part.figures for part in report.parts if part.kind == "camera"}


def test_all_found_exactly(figures):
    report = figures([sample(), sample()], RIGHT, RIGHT)
    assert (report.map50, report.map, report.precision, report.recall) == pytest.approx((1, 1, 1, 1))
    assert (report.frames, report.people) == (2, 4)


def test_half_found(figures):
    report = figures([sample(), sample()], RIGHT, NOBODY)
    assert report.recall == 0.5
    assert report.precision == 1.0
    assert report.map50 == pytest.approx(0.5, abs=0.01)


def test_false_alarms_cost_precision(figures):
    report = figures([sample()], found((10, 10, 30, 60, 0.9), (50, 10, 70, 60, 0.8), (75, 10, 95, 60, 0.7)))
    assert report.precision == pytest.approx(2 / 3)
    assert report.recall == 1.0


def test_the_score_decides_precision_and_recall_but_not_average_precision(figures):
    answer = found((10, 10, 30, 60, 0.9), (50, 10, 70, 60, 0.1))
    report = figures([sample()], answer, score=0.5)
    assert (report.precision, report.recall) == (1.0, 0.5)
    assert report.map50 == pytest.approx(1.0)


def test_a_second_box_on_one_person_is_a_false_alarm(figures):
    report = figures([sample(boxes=PEOPLE[:1])], found((10, 10, 30, 60, 0.9), (11, 10, 31, 60, 0.8)))
    assert (report.precision, report.recall) == (0.5, 1.0)


def test_loose_boxes_count_at_half_overlap_only(figures):
    report = figures([sample(boxes=PEOPLE[:1])], found((10, 10, 30, 45, 0.9)))  # IoU 0.7
    assert report.map50 == pytest.approx(1.0)
    assert report.map == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("answer", [RIGHT, found((10, 10, 30, 60, 0.9))])
def test_who_is_hardly_visible_does_not_count_found_or_not(figures, answer):
    report = figures([sample(visibility=[1.0, 0.1])], answer)
    assert (report.map50, report.precision, report.recall, report.people) == (pytest.approx(1.0), 1.0, 1.0, 1)


def test_figures_for_each_camera(tmp_path):
    says = Says(RIGHT, NOBODY, RIGHT)
    samples = [sample("a"), sample("b"), sample("a")]
    report = evaluate_detector(says, dataset=Memory(samples), folder=tmp_path, batch_size=2, slices=Slices(people=1))
    assert says.batches == [2, 1]
    assert says.cameras == ["a", "b", "a"]
    cameras = by_camera(report)
    assert (cameras["a"].recall, cameras["b"].recall, cameras["b"].map50) == (1.0, 0.0, 0.0)
    assert report.overall.recall == pytest.approx(2 / 3)
    flat = report.metrics()
    assert flat["recall.camera.a"] == 1.0
    assert flat["frames"] == 3
    assert "precision.camera.b" not in flat  # nothing was said, so nothing can be right or wrong
    assert report.worst().name == "camera.b"


def test_a_camera_without_people_has_no_figure(tmp_path):
    report = evaluate(tmp_path, [sample("a"), sample("b", boxes=PEOPLE[:0])], RIGHT, NOBODY)
    assert np.isnan(by_camera(report)["b"].map50)
    assert report.overall.map50 == pytest.approx(1.0)


def test_a_slice_with_few_people_has_counts_only(tmp_path):
    flat = evaluate(tmp_path, [sample("a"), sample("a"), sample("b")], *[RIGHT] * 3, slices=Slices(people=3)).metrics()
    assert flat["map50.camera.a"] == pytest.approx(1.0)
    assert flat["people.camera.b"] == 2 and "map50.camera.b" not in flat


def test_progress_goes_to_the_end(tmp_path):
    seen = []
    evaluate(tmp_path, [sample()] * 5, *[RIGHT] * 5, batch_size=2, progress=lambda *at: seen.append(at))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_an_empty_split_gets_one_message(tmp_path):
    with pytest.raises(InputError, match="dataset dddddddddddd: its val split is empty; evaluate another split"):
        evaluate(tmp_path, [], split="val")


def test_a_detector_of_other_classes_is_refused(tmp_path):
    cars = Detections(RIGHT.boxes, RIGHT.scores, np.array([2, 2], np.int64))
    with pytest.raises(InputError, match=r"detector: it reports classes \[2\], the dataset is labelled with people only"):
        evaluate(tmp_path, [sample()], cars)


def hospital(rng, pictures):
    """Pictures with people, some of them hidden, and what a middling detector says of them."""
    for i in range(pictures):
        corners = rng.uniform(0, 60, (rng.integers(0, 6), 2))
        boxes = np.concatenate([corners, corners + rng.uniform(8, 40, corners.shape)], axis=1).astype(np.float32)
        shown = boxes[rng.random(len(boxes)) < 0.8] + rng.normal(0, 2.5, (1, 4))
        twice = boxes[rng.random(len(boxes)) < 0.3] + rng.normal(0, 4, (1, 4))
        said = np.concatenate([shown, twice, rng.uniform(0, 40, (2, 4)) + np.array([0, 0, 45, 45])]).astype(np.float32)
        score = np.round(rng.random(len(said)), 2)[:, None]  # many alike, within a picture and between them
        roles = tuple(rng.choice(["nurse", "doctor"], len(boxes)).tolist())
        labels, visible = np.zeros(len(boxes), np.int64), rng.uniform(0, 1, len(boxes)).astype(np.float32)
        picture = np.zeros((80, 100, 3), np.uint8)
        when = int(rng.integers(0, 48)) * 3_600 * 10**9
        yield Sample(picture, boxes, labels, visible, f"cam_{i % 3}", when, (), roles), found(*np.hstack([said, score]))


def test_figures_of_all_and_of_each_camera_are_those_of_pycocotools(tmp_path):
    torch, detection = pytest.importorskip("torch"), pytest.importorskip("torchmetrics.detection")
    cases = list(hospital(np.random.default_rng(5), 90))
    report = evaluate(tmp_path, [one for one, _ in cases], *[said for _, said in cases], min_visibility=0.3, score=0.4)
    for camera, ours in {None: report.overall, **by_camera(report)}.items():
        theirs = detection.MeanAveragePrecision(
            backend="pycocotools", max_detection_thresholds=[1, 10, 100],
            rec_thresholds=np.linspace(0, 1, 101).tolist(),  # as pycocotools itself: torchmetrics rounds them to float32
        )  # fmt: skip
        chosen = [(one, said) for one, said in cases if camera in (None, one.camera)]
        answers = [{name: torch.tensor(getattr(said, name)) for name in ("boxes", "scores", "labels")} for _, said in chosen]
        truth = [{name: torch.tensor(getattr(one, name)) for name in ("boxes", "labels")} for one, _ in chosen]
        crowds = [{"iscrowd": torch.tensor((one.visibility < 0.3).astype(np.int64))} for one, _ in chosen]
        theirs.update(answers, [a | b for a, b in zip(truth, crowds, strict=True)])
        expected = theirs.compute()
        assert ours.map50 == pytest.approx(float(expected["map_50"]), abs=1e-7)
        assert ours.map == pytest.approx(float(expected["map"]), abs=1e-7)
        assert ours.people == sum((one.visibility >= 0.3).sum() for one, _ in chosen)
    assert 0.1 < report.overall.map < report.overall.map50 < 0.9
