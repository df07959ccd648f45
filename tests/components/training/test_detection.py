import numpy as np
import pytest
import torch

from components.networks import Batch
from components.training.detection import Detection, _targets


def test_ignored_boxes_are_judged_as_crowd():
    batch = Batch(torch.zeros(1, 3, 8, 8), [torch.ones(2, 4)], [torch.zeros(2, dtype=torch.int64)], [torch.ones(1, 4)])
    (target,) = _targets(batch)
    assert target["iscrowd"].tolist() == [0, 0, 1]
    assert len(target["boxes"]) == len(target["labels"]) == 3


def test_whoever_finds_everybody_is_right():
    judge = Detection().judge()
    batch = Batch(
        torch.zeros(1, 3, 64, 64), [torch.tensor([[10.0, 10, 30, 50]])], [torch.zeros(1, dtype=torch.int64)], [torch.zeros(0, 4)]
    )
    judge.update(torch.tensor([[[20.0], [30.0], [20.0], [40.0], [0.9]]]), batch)
    assert judge.compute() == {"map50": pytest.approx(1.0), "map": pytest.approx(1.0)}
    judge.update(torch.tensor([[[50.0], [10.0], [20.0], [20.0], [0.9]]]), batch)
    assert judge.compute() == {"map50": 0.0, "map": 0.0}


def test_a_graph_that_answers_otherwise_is_not_delivered():
    with pytest.raises(RuntimeError, match="the exported graph differs from the network"):
        Detection().parity(np.zeros((1, 5, 1), np.float32), np.ones((1, 5, 1), np.float32))


def candidates(order, *, moved=0.0):
    """Two pictures with 60 candidates each, in any order."""
    rows = torch.rand(2, 5, 60, generator=torch.Generator().manual_seed(0)).numpy()
    rows[:, :4] *= 200
    rows[:, :4] += moved
    return rows[:, :, order]


def test_candidates_that_are_a_choice_are_compared_as_sets():
    there, back = np.arange(60), np.arange(60)[::-1]
    found = Detection(chooses=True).parity(candidates(there), candidates(back))
    assert found == {"box_px": 0.0, "score": 0.0, "alone": 0.0}
    with pytest.raises(RuntimeError, match="differs from the network by"):
        Detection().parity(candidates(there), candidates(back))


def test_a_candidate_that_rounding_tips_is_borne_and_a_graph_that_answers_otherwise_is_not():
    there = np.arange(60)
    one = candidates(there)
    one[0, :4, 7] += 50
    found = Detection(chooses=True).parity(one, candidates(there))
    assert 0 < found["alone"] <= 0.02
    assert found["box_px"] == 0.0
    with pytest.raises(RuntimeError, match=r"100\.0% of the candidates of one have none of the other"):
        Detection(chooses=True).parity(candidates(there, moved=1.0), candidates(there))


def test_candidates_that_only_fill_up_may_be_anything():
    there = candidates(np.arange(60))
    there[:, 4, 30:] = 0
    other = there.copy()
    other[:, :4, 30:] += 50
    assert Detection(chooses=True).parity(other, there)["alone"] == 0.0
