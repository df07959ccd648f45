"""Who is found again, against scikit-learn's average precision and against searching by hand."""

import numpy as np
import pytest

from components.contracts import InputError, Sample
from components.evaluation.cropped import Look
from components.evaluation.people_findings import write_retrieval
from components.evaluation.retrieval import RANKS, evaluate_retrieval, report
from components.evaluation.slices import Slices
from tests.components.evaluation.test_detection import Memory

SLICES = Slices(people=1)


def looks(people, cameras=None):
    cameras = cameras or ["a"] * len(people)
    return [Look(f"k{i}", i, cameras[i], i, 1, person, "nurse") for i, person in enumerate(people)]


def unit(rows):
    rows = np.array(rows, np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def drawn(seed=4, count=50):
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 8, count)
    features = unit(rng.normal(0, 1, (8, 6))[people] + rng.normal(0, 0.9, (count, 6)))
    return [f"p{i}" for i in people], rng.choice(["a", "b", "c"], count).tolist(), features


@pytest.mark.parametrize("elsewhere", [False, True])
def test_figures_are_those_of_scikit_learn(elsewhere):
    average_precision_score = pytest.importorskip("sklearn.metrics").average_precision_score
    people, cameras, features = drawn()
    found = report(looks(people, cameras), features, SLICES)
    precisions, first = [], []
    for i in range(len(people)):
        others = [j for j in range(len(people)) if j != i and not (elsewhere and cameras[j] == cameras[i])]
        alike, same = [float(features[i] @ features[j]) for j in others], [people[j] == people[i] for j in others]
        if any(same):
            precisions.append(average_precision_score(same, alike))
            first.append(same[int(np.argmax(alike))])
    ours = (found.map_elsewhere, found.rank1_elsewhere) if elsewhere else (found.map, found.rank1)
    assert ours == (pytest.approx(np.mean(precisions)), pytest.approx(np.mean(first)))


def test_who_is_seen_once_is_not_searched_for():
    found = report(looks(["ann", "ann", "bob"]), unit([[1, 0], [1, 0.1], [0, 1]]), SLICES)
    assert (found.rank1, found.map, found.looks, found.persons) == (1, 1, 3, 2)
    assert np.isnan(found.rank1_elsewhere) and "rank1_elsewhere" not in found.metrics()
    assert {part.name: part.people for part in found.parts}["role.nurse"] == 2


def test_the_curve_rises_to_everybody(tmp_path):
    people, cameras, features = drawn()
    found = report(looks(people, cameras), features, SLICES)
    assert found.curve[0] == pytest.approx(found.rank1) and (np.diff(found.curve) >= 0).all() and len(found.curve) == RANKS
    assert write_retrieval(tmp_path, found, clocks="UTC", about="reid") == ["slices", "rank"]
    assert {path.stem for path in (tmp_path / "plots").iterdir()} == {"slices", "rank"}


def test_pictures_become_looks_of_people():
    boxes = np.array([[0, 0, 20, 40], [30, 0, 50, 40]], np.float32)

    def sample(i):
        image = np.zeros((40, 60, 3), np.uint8)
        image[:, :20, 2], image[:, 30:50, 0] = 200, 200
        return Sample(
            image, boxes, np.zeros(2, np.int64), np.ones(2, np.float32), f"cam_{i}", i, ("ann", "bob"), ("nurse", "doctor")
        )

    colours = lambda views: unit(views.mean(axis=(1, 2)))  # noqa: E731
    found = evaluate_retrieval(colours, size=(8, 16), dataset=Memory([sample(0), sample(1)]), slices=SLICES)
    assert (found.rank1, found.map, found.rank1_elsewhere, found.persons) == (1, 1, 1, 2)
    with pytest.raises(InputError, match="nobody is seen twice"):
        evaluate_retrieval(colours, size=(8, 16), dataset=Memory([sample(0)]), slices=SLICES)
