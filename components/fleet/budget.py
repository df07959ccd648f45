"""What a fleet may cost, and what costs more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Gt

from components.fleet.cost import FIGURES, Cost

Limit = Annotated[float, Gt(0)] | None  # None: any


@dataclass(frozen=True, slots=True)
class Limits:
    """At most so much."""

    frames_per_second: Limit = None  # that are worked on, after sampling
    gigabytes_per_day: Limit = None
    memory_gigabytes: Limit = None
    cores: Limit = None  # of decoding


@dataclass(frozen=True, slots=True)
class Budget:
    """Of any one camera, of any one group, and of all together."""

    camera: Limits = field(default_factory=Limits)
    group: Limits = field(default_factory=Limits)
    fleet: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that does not hold."""

    scope: str  # camera, group or fleet
    name: str  # of the camera or group; empty: the fleet
    figure: str
    value: float
    limit: float
    most: Cost  # the camera that costs most of it


def total(costs: Sequence[Cost], figure: str) -> float:
    return float(sum(getattr(cost, figure) for cost in costs))


def groups(costs: Sequence[Cost]) -> dict[str, list[Cost]]:
    """Cameras by their group, in order of its name; those of none under an empty one."""
    return {name: [cost for cost in costs if cost.group == name] for name in sorted({cost.group for cost in costs})}


def broken(costs: Sequence[Cost], budget: Budget) -> list[Breach]:
    """Every limit that does not hold, the fleet's first."""
    parts: list[tuple[str, str, Limits, Sequence[Cost]]] = [("fleet", "", budget.fleet, costs)]
    parts += [("group", name, budget.group, some) for name, some in groups(costs).items() if name]
    parts += [("camera", cost.camera, budget.camera, [cost]) for cost in costs]
    return [breach for part in parts for breach in _broken(*part)]


def _broken(scope: str, name: str, limits: Limits, costs: Sequence[Cost]) -> Iterator[Breach]:
    for figure in FIGURES:
        limit, value = getattr(limits, figure), total(costs, figure)
        if limit is not None and value > limit * (1 + 1e-9):
            yield Breach(scope, name, figure, value, limit, max(costs, key=lambda cost: getattr(cost, figure)))
