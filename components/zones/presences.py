"""Stays of people in zones, out of where they are from moment to moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.contracts import UNKNOWN, InputError, Person, Position, Presence, Zone
from components.plan import Plan
from components.zones.roster import Roster


@dataclass(slots=True)
class _Stay:
    """One identity in one zone, or in none of them."""

    zone: str
    entered: int
    left: int
    person: str = UNKNOWN
    role: str = UNKNOWN
    confidence: float = 0.0

    def see(self, position: Position) -> None:
        self.left = position.time
        if position.person != UNKNOWN and position.confidence >= self.confidence:
            self.person, self.role, self.confidence = position.person, position.role, position.confidence
        elif self.role == UNKNOWN and self.person == UNKNOWN:
            self.role = position.role


@dataclass(slots=True)
class _Whereabouts:
    """Where one identity is, and where it seems to have gone."""

    last: int
    stay: _Stay | None = None  # believed
    next: _Stay | None = None  # not yet


class Presences:
    """Turns the positions of a site, in order of time, into stays; bounded by the people of the last `gap_seconds`.

    A stay begins with the first of positions that are in a zone for `min_seconds`, and ends with the last one before the
    person is somewhere else for as long, or nowhere for `gap_seconds`. Up to `margin` metres beyond the border somebody is
    still in the zone where they were: who stands on a border comes and goes only once. The name of a stay is the surest one
    that its positions have.
    """

    def __init__(
        self, *, site: str, zones: tuple[Zone, ...], roster: tuple[Person, ...] = (), gap_seconds: float = 5.0,
        min_seconds: float = 1.0, margin: float = 0.3, timezone: str = "UTC", grace_minutes: float = 30.0,
    ) -> None:  # fmt: skip
        if gap_seconds <= 0 or min_seconds < 0 or margin < 0:
            raise InputError(
                f"presences with gap_seconds {gap_seconds}, min_seconds {min_seconds} and margin {margin}, "
                "expected more than 0, at least 0 and at least 0"
            )
        self._site, self._plan, self._margin = site, Plan(zones), margin
        self._roster = Roster(roster, zones=zones, timezone=timezone, grace_minutes=grace_minutes)
        self._gap, self._least = round(gap_seconds * 1e9), round(min_seconds * 1e9)
        self._people: dict[str, _Whereabouts] = {}
        self._now = 0

    def see(self, positions: Sequence[Position]) -> list[Presence]:
        """The stays that are known to have ended, now that these positions (of one moment or several) are known."""
        ended = list[Presence]()
        names = self._plan.names([(each.x, each.y) for each in positions])
        for position, zone in zip(positions, names, strict=True):
            ended += self._forget(position.time) if position.time > self._now else []
            person = self._people.setdefault(position.identity, _Whereabouts(position.time))
            ended += self._move(person, position, zone)
        return ended

    def open(self) -> list[Presence]:
        """The stays that go on: who is where now, as far as it is believed."""
        return [
            self._presence(identity, person.stay)
            for identity, person in self._people.items()
            if person.stay and person.stay.zone != UNKNOWN
        ]

    def close(self) -> list[Presence]:
        """The stays that were going on when the footage ended."""
        ended, self._people = self.open(), {}
        return ended

    def _forget(self, time: int) -> list[Presence]:
        """Whoever was not there for too long has left."""
        self._now = time
        gone = {identity: person for identity, person in self._people.items() if time - person.last > self._gap}
        for identity in gone:
            del self._people[identity]
        return [self._presence(i, p.stay) for i, p in gone.items() if p.stay and p.stay.zone != UNKNOWN]

    def _move(self, person: _Whereabouts, position: Position, zone: str) -> list[Presence]:
        person.last = position.time
        if person.stay and self._still(person.stay.zone, zone, position):
            person.stay.see(position)
            person.next = None
            return []
        if not person.next or person.next.zone != zone:
            person.next = _Stay(zone, position.time, position.time)
        person.next.see(position)
        before, settled = person.stay, position.time - person.next.entered >= self._least
        if settled:
            person.stay, person.next = person.next, None
        elif before and position.time - before.left > self._gap:
            person.stay = None
        over = before and before is not person.stay and before.zone != UNKNOWN
        return [self._presence(position.identity, before)] if before and over else []

    def _still(self, zone: str, seen: str, position: Position) -> bool:
        """Whether somebody who was in `zone` is there still, though the place itself is in `seen`."""
        if zone in (UNKNOWN, seen):
            return zone == seen
        return 0 <= self._plan.away((position.x, position.y), zone) <= self._margin

    def _presence(self, identity: str, stay: _Stay) -> Presence:
        expected = self._roster.expected(stay.person, stay.zone, stay.entered, stay.left)
        department = self._roster.department(stay.person)
        return Presence(
            self._site,
            identity,
            stay.person,
            stay.role,
            department,
            stay.zone,
            stay.entered,
            stay.left,
            stay.confidence,
            expected,
        )
