"""One step of training: what is averaged, what decays, what is judged."""

import torch

from components.models.ssdlite import SsdLite
from components.training.learner import Learner, _groups
from components.training.trainer import Trainer


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
