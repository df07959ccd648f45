"""The losses of an epoch: their mean, and where one of them is no number."""

from __future__ import annotations

import math

import torch
from torch import Tensor

EVERY = 20  # batches after which a GPU is asked: each question waits until it has done all that it was given


class Losses:
    """Losses by batch. On a CPU a look at them costs nothing, so that each is looked at at once."""

    def __init__(self) -> None:
        self._new: list[Tensor] = []
        self._sum, self.count = 0.0, 0

    def add(self, loss: Tensor) -> tuple[int, float] | None:
        """Take the loss of the next batch; a batch (0-based) whose loss was no number, and that loss, if one was found."""
        self._new.append(loss.detach())
        return self.look() if loss.device.type == "cpu" or len(self._new) >= EVERY else None

    def look(self) -> tuple[int, float] | None:
        """As `add`, without another one."""
        values = torch.stack(self._new).tolist() if self._new else []
        wrong = next(((self.count + at, value) for at, value in enumerate(values) if not math.isfinite(value)), None)
        self._sum, self.count, self._new = self._sum + math.fsum(values), self.count + len(values), []
        return wrong

    def mean(self) -> float:
        """Of all since the last time."""
        self.look()
        mean = self._sum / max(1, self.count)
        self._sum, self.count = 0.0, 0
        return mean
