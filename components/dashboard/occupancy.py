"""How many people are in which zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from components.contracts import UNKNOWN
from components.dashboard.answers import Occupancy, ZoneCount, ZoneShape
from components.dashboard.marks import Mark


def occupancy(run: str, at: int, zones: Sequence[ZoneShape], marks: Iterable[Mark]) -> Occupancy:
    """The `marks` of the fleet time `at` (ns), counted per zone: every zone of the plan, then any that the plan does not have."""
    inside: dict[str, list[Mark]] = {zone.name: [] for zone in zones}
    for mark in marks:
        inside.setdefault(mark.best.zone, []).append(mark)
    kinds = {zone.name: zone.kind for zone in zones}
    counts = [_count(zone, kinds.get(zone, UNKNOWN), people) for zone, people in inside.items()]
    return Occupancy(
        at_ms=at // 1_000_000,
        run=run,
        total=sum(count.total for count in counts),
        unnamed=sum(count.unnamed for count in counts),
        zones=counts,
    )


def _count(zone: str, kind: str, people: Sequence[Mark]) -> ZoneCount:
    return ZoneCount(
        zone=zone,
        kind=kind,
        total=len(people),
        unnamed=sum(mark.best.person == UNKNOWN for mark in people),
        roles=dict(sorted(Counter(mark.role for mark in people).items())),
    )
