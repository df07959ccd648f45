import numpy as np
import pytest
import torch

from components.networks import Batch
from components.training.resemblance import Resemblance

LESSON = Resemblance((16, 32))


def judged(features, labels):
    judge = LESSON.judge()
    named = [torch.tensor([label] if label is not None else [], dtype=torch.int64) for label in labels]
    judge.update(torch.nn.functional.normalize(torch.tensor(features), dim=1), Batch(torch.zeros(1), [], named, []))
    return judge.compute()


def test_whoever_looks_alike_is_found():
    assert judged([[1.0, 0], [0.9, 0.1], [0, 1.0], [0.1, 0.9]], [0, 0, 1, 1]) == {"rank1": 1, "map": 1}


def test_whoever_looks_like_somebody_else_is_not():
    figures = judged([[1.0, 0], [0, 1.0], [0.9, 0.1], [0.1, 0.9]], [0, 0, 1, 1])
    assert figures["rank1"] == 0
    assert 0 < figures["map"] < 0.6


@pytest.mark.parametrize("labels", [[0, 1], [None, None]])
def test_nobody_is_seen_twice(labels):
    assert judged([[1.0, 0], [0, 1.0]], labels) == {"rank1": 0, "map": 0}


def test_the_card_is_one_that_reid_serves():
    card = LESSON.card((16, 32))["input"]
    assert (card["width"], card["height"], card["mean"], card["std"]) == (16, 32, [0, 0, 0], [1, 1, 1])


def test_a_graph_that_answers_otherwise_is_not_delivered():
    with pytest.raises(RuntimeError, match="differs from the network"):
        LESSON.parity(np.zeros((1, 3), np.float32), np.full((1, 3), 0.5, np.float32))
