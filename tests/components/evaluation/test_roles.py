"""Roles against scikit-learn's figures, and against what cannot be judged."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from components.contracts import InputError, Sample
from components.evaluation.people_findings import write_roles
from components.evaluation.roles import JUDGED_PEOPLE, evaluate_roles
from components.evaluation.slices import Slices
from tests.components.evaluation.test_detection import Memory

ROLES = ("nurse", "doctor", "porter")
BOXES = np.array([[0, 0, 20, 40], [30, 0, 50, 40], [60, 0, 65, 40]], np.float32)  # the last one is too narrow to tell


def samples(count=60, roles=ROLES):
    """Pictures in which the brightness of a person says what `says` shall say, and everybody's role is drawn."""
    rng = np.random.default_rng(2)
    for i in range(count):
        image = np.zeros((40, 80, 3), np.uint8)
        image[:, :20], image[:, 30:50] = rng.integers(0, 250, 2)[:, None, None, None]
        names = tuple(rng.choice(roles[: 2 if i % 2 else 3], 3).tolist())
        visible = np.array([1.0, 1.0 if i % 3 else 0.1, 1.0], np.float32)
        yield Sample(image, BOXES, np.zeros(3, np.int64), visible, f"cam_{i % 2}", i * 10**9, ("ann", "bob", "cy"), names)


def shares(views):
    """The role and its probability by the brightness of each view."""
    bright = views[:, 0, 0, 0].astype(np.int64)
    answers = np.zeros((len(views), 3), np.float32)
    sure = 0.4 + bright % 60 / 100
    for i in range(3):
        answers[:, i] = np.where(bright % 3 == i, sure, (1 - sure) / 2)
    return answers


def evaluated(folder, *, of=None, **words):
    words = {"slices": Slices(people=10), "min_visibility": 0.5, "batch_size": 7, **words}
    chosen = list(samples() if of is None else of)
    return evaluate_roles(shares, roles=ROLES, size=(8, 16), dataset=Memory(chosen), folder=folder, **words)


def test_figures_are_those_of_scikit_learn(tmp_path):
    metrics = pytest.importorskip("sklearn.metrics")
    report = evaluated(tmp_path)
    rows = pq.read_table(tmp_path / JUDGED_PEOPLE).to_pylist()
    assert len(rows) == 60 + 40  # one in three of the second is hidden, the third is never large enough
    is_, says = [row["role"] for row in rows], [row["says"] for row in rows]
    assert (report.counts == metrics.confusion_matrix(is_, says, labels=ROLES)).all()
    found = report.metrics()
    assert found["top1"] == pytest.approx(metrics.accuracy_score(is_, says))
    assert found["balanced"] == pytest.approx(metrics.balanced_accuracy_score(is_, says))
    assert found["recall.role.doctor"] == pytest.approx(metrics.recall_score(is_, says, labels=["doctor"], average=None)[0])
    mine = [(row["role"], row["says"]) for row in rows if row["camera"] == "cam_1"]
    assert found["top1.camera.cam_1"] == pytest.approx(np.mean([a == b for a, b in mine]))
    there, taken = zip(*mine, strict=True)
    recall = metrics.recall_score(there, taken, labels=sorted(set(there)), average="macro")
    assert found["balanced.camera.cam_1"] == pytest.approx(recall)
    assert found["people.camera.cam_0"] + found["people.camera.cam_1"] == found["people"] == 100
    right = sum(row["role"] == row["says"] for row in rows)
    assert np.nan_to_num(report.reliability.right) @ report.reliability.count == pytest.approx(right)


def test_few_people_have_a_count_only(tmp_path):
    found = evaluated(tmp_path, slices=Slices(people=61)).metrics()
    assert "top1.camera.cam_0" not in found and found["people.camera.cam_0"] > 0


def test_tables_and_plots(tmp_path):
    assert write_roles(tmp_path, evaluated(tmp_path), clocks="UTC", about="roles") == ["slices", "confusion", "calibration"]
    assert {path.stem for path in (tmp_path / "plots").iterdir()} == {"slices", "confusion", "calibration"}
    assert (tmp_path / "tables/confusion.csv").read_text().splitlines()[0] == "is,nurse,doctor,porter"


def test_what_cannot_be_judged(tmp_path):
    with pytest.raises(InputError, match="somebody has the role 'cook', the model knows nurse, doctor, porter"):
        evaluated(tmp_path, of=samples(4, roles=("cook", "cook", "cook")))
    with pytest.raises(InputError, match="its val split is empty"):
        evaluated(tmp_path, split="val")
    with pytest.raises(InputError, match="nobody in its test split is large and visible enough"):
        evaluated(tmp_path, min_visibility=2.0)
    nameless = [Sample(s.image, s.boxes, s.labels, s.visibility, s.camera, s.time) for s in samples(3)]
    with pytest.raises(InputError, match="the labels of camera cam_0 say no roles"):
        evaluated(tmp_path, of=nameless)
