import numpy as np
import pytest
import torch

from components.networks import Batch
from components.training.recognition import Recognition

LESSON = Recognition(("nurse", "doctor", "porter"), (16, 32))


def judged(pairs):
    """The figures after these (is, taken for) pairs; None: nobody is left in the picture."""
    judge = LESSON.judge()
    labels = [torch.tensor([is_] if is_ is not None else [], dtype=torch.int64) for is_, _ in pairs]
    answers = torch.eye(3)[[said for _, said in pairs]]
    judge.update(answers, Batch(torch.zeros(len(pairs), 3, 8, 8), [], labels, []))
    return judge.compute(), judge


def test_figures_are_shares_of_those_who_are_there():
    figures, judge = judged([(0, 0), (0, 0), (0, 1), (0, 0), (1, 1), (1, 0), (None, 2)])
    assert figures["top1"] == pytest.approx(4 / 6)
    assert figures["balanced"] == pytest.approx((0.75 + 0.5) / 2)
    assert (figures["recall.nurse"], figures["confusion.nurse.doctor"]) == (0.75, 0.25)
    assert figures.keys() == LESSON.figures.keys()
    assert judge.compute()["top1"] == 0


def test_the_card_says_how_to_read_the_graph():
    card = LESSON.card((16, 32))
    assert (card["format"], card["classes"], card["input"]["width"]) == ("roles", ["nurse", "doctor", "porter"], 16)


def test_a_graph_that_answers_otherwise_is_not_delivered():
    assert LESSON.parity(np.zeros((1, 3), np.float32), np.zeros((1, 3), np.float32)) == {"probability": 0.0}
    with pytest.raises(RuntimeError, match=r"differs from the network by 0\.5"):
        LESSON.parity(np.zeros((1, 3), np.float32), np.full((1, 3), 0.5, np.float32))
