"""How many people are in which zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from components.contracts import UNKNOWN, Position
from components.dashboard.answers import Occupancy, ZoneCount, ZoneShape


def occupancy(run: str, at: int, zones: Sequence[ZoneShape], people: Iterable[Position]) -> Occupancy:
    """The `people` of the fleet time `at` (ns), counted per zone: every zone of the plan, then any that it does not have."""
    inside: dict[str, list[Position]] = {zone.name: [] for zone in zones}
    for person in people:
        inside.setdefault(person.zone, []).append(person)
    kinds = {zone.name: zone.kind for zone in zones}
    counts = [_count(zone, kinds.get(zone, UNKNOWN), there) for zone, there in inside.items()]
    return Occupancy(
        at_ms=at // 1_000_000,
        run=run,
        total=sum(count.total for count in counts),
        unnamed=sum(count.unnamed for count in counts),
        zones=counts,
    )


def _count(zone: str, kind: str, people: Sequence[Position]) -> ZoneCount:
    return ZoneCount(
        zone=zone,
        kind=kind,
        total=len(people),
        unnamed=sum(person.person == UNKNOWN for person in people),
        roles=dict(sorted(Counter(person.role for person in people).items())),
    )
