"""People going from zone to zone, out of their stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from components.contracts import UNKNOWN, Presence


@dataclass(frozen=True, slots=True)
class Transition:
    """One person going from one zone to another."""

    identity: str
    person: str  # or UNKNOWN
    role: str  # or UNKNOWN
    from_zone: str
    to_zone: str
    left: int  # the old zone, fleet time in ns
    entered: int  # the new zone
    confidence: float  # 0..1 that the name is right


class Transitions:
    """The moves between the stays of each identity, of whom it remembers the last `memory_seconds`.

    Who comes back after longer than that, or into the same zone, has not moved between zones.
    """

    def __init__(self, *, memory_seconds: float = 600.0) -> None:
        self._memory = round(memory_seconds * 1e9)
        self._last: dict[str, Presence] = {}
        self._before: dict[tuple[str, int], Presence] = {}  # the stay before a stay

    def of(self, stays: Iterable[Presence]) -> list[Transition]:
        """The moves into `stays`; a stay that was given before gives the same move again, with the name that it has by now."""
        moves = [self._into(stay) for stay in sorted(stays, key=lambda stay: (stay.entered, stay.identity))]
        return [move for move in moves if move]

    def forget(self, time: int) -> None:
        """Drop whoever left a zone long before `time`."""
        self._last = {name: stay for name, stay in self._last.items() if time - stay.left <= self._memory}
        oldest = time - self._memory
        self._before = {key: stay for key, stay in self._before.items() if key[1] > oldest or self._goes_on(key)}

    def _goes_on(self, key: tuple[str, int]) -> bool:
        last = self._last.get(key[0])
        return bool(last) and last.entered == key[1]  # type: ignore[union-attr]

    def _into(self, stay: Presence) -> Transition | None:
        key, last = (stay.identity, stay.entered), self._last.get(stay.identity)
        if last and last.entered < stay.entered:
            self._before[key] = last
        if not last or last.entered <= stay.entered:
            self._last[stay.identity] = stay
        before = self._before.get(key)
        if not before or before.zone == stay.zone or stay.entered - before.left > self._memory:
            return None
        person, role = (stay.person, stay.role) if stay.person != UNKNOWN else (before.person, before.role)
        role = role if role != UNKNOWN else stay.role
        confidence = max(stay.confidence, before.confidence) if person != UNKNOWN else 0.0
        return Transition(stay.identity, person, role, before.zone, stay.zone, before.left, stay.entered, confidence)
