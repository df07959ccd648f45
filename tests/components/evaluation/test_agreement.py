import numpy as np
import pytest

from components.contracts import Detections
from components.evaluation.agreement import pair
from components.evaluation.parity import Tolerance, parity


def seen(*people):
    """(x, score) of people who are 10 px wide and 20 px high."""
    boxes = np.array([[x, 0, x + 10, 20] for x, _ in people], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([s for _, s in people], np.float32), np.zeros(len(people), np.int64))


def test_the_closest_are_pairs_and_nobody_is_in_two():
    found = pair(seen((0, 0.9), (3, 0.8), (90, 0.7)), seen((2.9, 0.9), (50, 0.5)))
    assert (found.one.tolist(), found.other.tolist()) == ([1], [0])
    assert (found.only_one.tolist(), found.only_other.tolist()) == ([0, 2], [1])
    assert found.agreement == pytest.approx(2 / 5)


def test_nobody_anywhere_is_agreement():
    assert pair(seen(), seen()).agreement == 1
    assert pair(seen((0, 1)), seen()).only_one.tolist() == [0]


def test_parity_counts_what_one_alone_sees_unless_it_is_at_the_edge():
    near = parity([seen((0, 0.9), (40, 0.105))], [seen((0.5, 0.88), (80, 0.5))], least=0.1, edge=0.01)
    assert near.box_px_max == pytest.approx(0.5) and near.score_mean == pytest.approx(0.02, abs=1e-6)
    assert near.same == pytest.approx(2 / 3)
    assert near.beyond(Tolerance(box_px_max=1, score_mean=0.05, same=0.5)) == []
    wrong = near.beyond(Tolerance(box_px_max=0.1, score_max=0.01, same=0.99))
    assert [each.split()[0] for each in wrong] == ["box_px_max", "score_max", "same"]


def test_nobody_in_any_frame_is_parity():
    near = parity([seen()], [seen()], least=0.1, edge=0.0)
    assert near.same == 1 and np.isnan(near.box_px_max) and not near.beyond(Tolerance(box_px_max=0.1))


def test_a_precision_of_its_own_is_judged_by_what_it_costs():
    int8 = Tolerance(same=0, map50_loss=0.03, map_loss=0.03)
    far = parity([seen((0, 0.9))], [seen((4, 0.5))], least=0.1, edge=0.0)
    assert far.beyond(int8) == [], "pixels decide nothing"
    assert int8.costs({"map50": 0.9, "map": 0.6}, {"map50": 0.88, "map": 0.58}) == []
    worse = int8.costs({"map50": 0.9, "map": 0.6}, {"map50": 0.89, "map": 0.5})
    assert worse == ["map 0.5000 after 0.6000, allowed loss 0.03"]
    assert int8.costs({"map50": 0.9, "map": 0.6}, {"map50": np.nan, "map": 0.6})[0].startswith("map50 nan after 0.9000")


def test_where_nobody_is_labelled_accuracy_cannot_decide():
    nobody = {"map50": np.nan, "map": np.nan}
    assert "nobody is labelled" in Tolerance(same=0, map50_loss=0.03).costs(nobody, nobody)[0]
    assert Tolerance(box_px_max=0.1, map50_loss=0.03).costs(nobody, nobody) == []
