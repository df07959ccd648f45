"""Losses: their mean, and the first that is no number, at once on a CPU."""

import math

import torch

from components.training.losses import Losses


def test_the_mean_begins_anew_each_time():
    losses = Losses()
    for value in (1.0, 2.0, 6.0):
        assert losses.add(torch.tensor(value)) is None
    assert losses.means() == {"loss": 3.0} and losses.means() == {"loss": 0.0}


def test_the_first_loss_that_is_no_number_is_named_with_its_batch():
    losses = Losses()
    losses.add(torch.tensor(1.0))
    assert losses.add(torch.tensor(float("inf"))) == (1, math.inf)


def test_parts_have_means_of_their_own():
    losses = Losses()
    for box, edge in ((1.0, 3.0), (2.0, 5.0)):
        parts = {"box": torch.tensor(box), "edge": torch.tensor(edge)}
        losses.add(parts["box"] + parts["edge"], parts)
    assert losses.means() == {"loss": 5.5, "loss.box": 1.5, "loss.edge": 4.0}
