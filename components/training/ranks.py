"""The processes that train one network together: which one this is, and what they tell each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """Process `number` of `count`. Of the batches of an epoch, which are the same for any `count`, it takes each count-th."""

    number: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        assert 0 <= self.number < self.count

    @property
    def first(self) -> bool:
        """Whether it speaks and writes for all."""
        return self.number == 0

    def overall(self, own: int) -> int:
        """The number among all batches of the batch that is number `own` here."""
        return own * self.count + self.number


ALONE = Rank()


def current() -> Rank:
    """Of this process, as soon as the processes know each other."""
    return Rank(number=dist.get_rank(), count=dist.get_world_size()) if _several() else ALONE


def gathered(value: T) -> list[T]:
    """What every process calls this with, in their order."""
    if not _several():
        return [value]
    values: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(values, value)
    return values


def mean(value: float) -> float:
    """Of what every process calls this with."""
    values = gathered(value)
    return sum(values) / len(values)


@torch.no_grad()
def level(tensors: Sequence[Tensor]) -> None:
    """Make `tensors` the same in all processes: the mean of numbers, and of counters what the first one has."""
    if not _several():
        return
    for tensor in tensors:
        if tensor.is_floating_point():
            dist.all_reduce(tensor)
            tensor.div_(dist.get_world_size())
        else:
            dist.broadcast(tensor, 0)


def _several() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
