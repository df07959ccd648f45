"""The average of a network's weights over its steps, which is what is judged and delivered."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

N = TypeVar("N", bound=nn.Module)


class Average(nn.Module, Generic[N]):
    """An exponential average (Polyak 1992) that trusts the first steps little, so that it has not to forget random weights.

    After step n its weights are k * average + (1 - k) * network with k = min(decay, (1 + n) / (10 + n)); counters are copied.
    """

    module: N

    def __init__(self, network: N, *, decay: float) -> None:
        super().__init__()
        self.module, self.decay, self.steps = deepcopy(network).requires_grad_(False), decay, 0
        self._pairs: list[tuple[list[Tensor], list[Tensor]]] = []  # averages, currents; weights, and the rest

    @torch.no_grad()
    def update(self, network: N) -> None:
        """Take one step of `network`, the one that this is the average of, into account."""
        weights, counters = self._pairs or self._paired(network)
        keep = min(self.decay, (1 + self.steps) / (10 + self.steps)) if self.decay and self.steps else 0.0
        if keep:
            torch._foreach_lerp_(*weights, 1 - keep)
        else:
            torch._foreach_copy_(*weights)
        if counters[0]:
            torch._foreach_copy_(*counters)
        self.steps += 1

    def _paired(self, network: N) -> list[tuple[list[Tensor], list[Tensor]]]:
        """Looked up once: walking through the modules costs more than averaging them."""
        mine, its = ([*one.parameters(), *one.buffers()] for one in (self.module, network))
        both = [(a, b.detach()) for a, b in zip(mine, its, strict=True)]
        for real in (True, False):
            rows = [(a, b) for a, b in both if a.is_floating_point() is real]
            self._pairs.append(([a for a, _ in rows], [b for _, b in rows]))
        return self._pairs

    def get_extra_state(self) -> Any:
        return self.steps

    def set_extra_state(self, state: Any) -> None:
        self.steps = int(state)
