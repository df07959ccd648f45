"""One step of training: what is averaged, what decays, what is judged."""

import pytest
import torch

from components.models.ssdlite import SsdLite
from components.training.learner import Learner, _ema, _groups
from components.training.trainer import Trainer


def average(decay, values):
    """The average after each of `values`, beginning with zero."""
    kept, steps = torch.zeros(1), []
    for count, value in enumerate(values, start=1):
        _ema(decay)([kept], [torch.tensor([value])], torch.tensor(count))
        steps.append(float(kept))
    return steps


def test_without_decay_the_last_weights_are_the_result():
    assert average(0.0, [1.0, 5.0, 3.0]) == [1.0, 5.0, 3.0]


def test_the_average_forgets_the_start_fast_and_then_keeps():
    early = average(0.999, [1.0] * 50)
    assert early[0] == pytest.approx(9 / 11)
    assert early[-1] > 0.999
    late = average(0.9, [0.0] * 500 + [1.0])
    assert late[-1] == pytest.approx(0.1)


def test_counters_are_copied():
    kept = torch.tensor([3])
    _ema(0.9)([kept], [torch.tensor([7])], torch.tensor(5))
    assert kept.tolist() == [7]


def test_only_kernels_decay():
    network = SsdLite().build()
    kernels, others = _groups(network, 0.01)
    assert (kernels["weight_decay"], others["weight_decay"]) == (0.01, 0.0)
    assert all(p.ndim > 1 for p in kernels["params"])
    assert len(kernels["params"]) + len(others["params"]) == len(list(network.parameters()))


def test_the_judged_network_is_another_object_that_does_not_learn():
    learner = Learner(SsdLite().build(), trainer=Trainer(epochs=1), steps=10)
    assert learner.result is not learner.network
    assert not any(p.requires_grad for p in learner.result.parameters())
    assert all(torch.equal(a, b) for a, b in zip(learner.result.parameters(), learner.network.parameters(), strict=True))
