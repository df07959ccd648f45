"""What a sweep varies, one axis for each key; what it has tried; and who says what comes next."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from components.contracts import InputError

Values = Mapping[str, str]  # key -> value, as in a word on the command line
State = Literal["running", "finished", "pruned", "failed", "same"]  # same: another trial had the same effective config


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of some values, written as in a word."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number from `low` to `high`, both included, in steps or on a logarithmic scale."""

    key: str
    low: int
    high: int
    step: int = 1
    log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Real:
    """A number from `low` to `high`, evenly or on a logarithmic scale."""

    key: str
    low: float
    high: float
    log: bool = False


Axis = Choice | Whole | Real


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One point of a space, and what became of it."""

    values: Values
    state: State
    figure: float | None = None  # the objective; None where it did not come to one
    reports: tuple[tuple[int, float], ...] = ()  # (step, objective) while it ran


class Search(Protocol):
    """Proposes points of a space."""

    size: int | None  # how many points it would try of any space; None: all there are

    def next(self, space: Sequence[Axis], seen: Sequence[Trial], *, maximize: bool) -> Values | None: ...  # None: no more

    def poor(self, reports: Sequence[tuple[int, float]], seen: Sequence[Trial], *, maximize: bool) -> bool: ...  # give it up?


def count(space: Sequence[Axis]) -> int | None:
    """How many points a space has; None: without end."""
    sizes = [values_of(axis) for axis in space]
    return None if any(values is None for values in sizes) else math.prod(len(values or ()) for values in sizes)


def values_of(axis: Axis) -> tuple[str, ...] | None:
    """Every value of an axis in order; None: without end."""
    match axis:
        case Choice():
            return axis.values
        case Whole():
            return tuple(map(str, range(axis.low, axis.high + 1, axis.step)))
    return None


def untried(space: Sequence[Axis], seen: Sequence[Trial]) -> Values | None:
    """The first point that nobody has tried, the last axis changing fastest; None: there is none.

    Raises InputError where an axis has no end.
    """
    if endless := [axis.key for axis in space if values_of(axis) is None]:
        raise InputError(
            f"{', '.join(endless)}: an interval of real numbers has no list of values; "
            "give range(...) or choice(...), or search it with sweep=search"
        )
    tried = {tuple(trial.values[axis.key] for axis in space) for trial in seen}
    for point in itertools.product(*(values_of(axis) or () for axis in space)):
        if point not in tried:
            return dict(zip((axis.key for axis in space), point, strict=True))
    return None
