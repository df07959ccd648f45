"""The losses of an epoch: their means, and where one of them is no number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor

EVERY = 20  # batches after which a GPU is asked: each question waits until it has done all that it was given
NONE: Mapping[str, Tensor] = MappingProxyType({})


class Losses:
    """Losses by batch. On a CPU a look at them costs nothing, so that each is looked at at once."""

    def __init__(self) -> None:
        self._new: list[Tensor] = []  # each the loss, then its parts
        self._names: tuple[str, ...] = ()
        self._sums: list[float] = []
        self.count = 0

    def add(self, loss: Tensor, parts: Mapping[str, Tensor] = NONE) -> tuple[int, float] | None:
        """Take the loss of the next batch; a batch (0-based) whose loss was no number, and that loss, if one was found.

        `parts` are what it is the sum of, by the same names for each batch.
        """
        self._names = tuple(parts)
        self._new.append(torch.stack([loss.detach(), *(part.detach() for part in parts.values())]))
        return self.look() if loss.device.type == "cpu" or len(self._new) >= EVERY else None

    def look(self) -> tuple[int, float] | None:
        """As `add`, without another one."""
        rows: list[list[float]] = torch.stack(self._new).tolist() if self._new else []
        wrong = next(((self.count + at, row[0]) for at, row in enumerate(rows) if not math.isfinite(row[0])), None)
        if rows and wrong is None:
            self._sums = [math.fsum(column) for column in zip(*rows, self._sums or [0.0] * len(rows[0]), strict=True)]
        self.count, self._new = self.count + len(rows), []
        return wrong

    def means(self) -> dict[str, float]:
        """Of all since the last time: `loss`, and `loss.<name>` of each part."""
        self.look()
        names = ["loss", *(f"loss.{name}" for name in self._names)]
        means = {name: value / max(1, self.count) for name, value in zip(names, self._sums or [0.0] * len(names), strict=True)}
        self._sums, self.count = [], 0
        return means
