"""The average of weights: it forgets the start fast, then keeps; counters are copied; it goes on where it was."""

import pytest
import torch
from torch import nn

from components.training.average import Average


class One(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.register_buffer("seen", torch.tensor(0))


def averages(decay: float, values: list[float]) -> list[float]:
    """The average after each step of a network whose weight takes these values."""
    network, found = One(), []
    kept = Average(network, decay=decay)
    for value in values:
        network.weight.data.fill_(value)
        network.seen += 1
        kept.update(network)
        assert kept.module.seen == network.seen
        found.append(float(kept.module.weight))
    return found


def test_without_decay_the_last_weights_are_the_result():
    assert averages(0.0, [1.0, 5.0, 3.0]) == [1.0, 5.0, 3.0]


def test_the_first_step_replaces_random_weights_and_the_next_ones_weigh_little():
    first, second, *_ = averages(0.999, [1.0, 2.0])
    assert first == 1.0 and second == pytest.approx(2 / 11 * 1.0 + 9 / 11 * 2.0)


def test_late_it_keeps_by_its_decay():
    assert averages(0.9, [0.0] * 500 + [1.0])[-1] == pytest.approx(0.1)


def test_it_goes_on_where_it_was():
    network = One()
    kept, again = Average(network, decay=0.9), Average(network, decay=0.9)
    for _ in range(5):
        kept.update(network)
    again.load_state_dict(kept.state_dict())
    network.weight.data.fill_(1.0)
    kept.update(network)
    again.update(network)
    assert again.steps == kept.steps == 6 and torch.equal(again.module.weight, kept.module.weight)


def test_the_averaged_network_does_not_learn():
    assert not any(p.requires_grad for p in Average(One(), decay=0.9).module.parameters())
