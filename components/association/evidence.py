"""Who an identity is: what the tracks of its life said, put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp, log

from components.association.tracks import Track
from components.contracts import UNKNOWN

MOST = 0.98  # no single track is surer than this of a name
ENOUGH = 8.0  # log-odds beyond which more agreement says nothing new
DOUBT = 0.5  # what is left of the odds of other names when a track ends that says otherwise


@dataclass(frozen=True, slots=True)
class Name:
    """A person, how probable it is, and why."""

    person: str = UNKNOWN
    role: str = UNKNOWN
    confidence: float = 0.0
    reason: str = ""


@dataclass(slots=True)
class Evidence:
    """Log-odds of people's names from tracks that have ended; those that last are asked when the name is."""

    odds: dict[str, float] = field(default_factory=dict)
    roles: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def keep(self, track: Track) -> None:
        """Remember what a track said that has ended."""
        self.roles[track.role] = self.roles.get(track.role, 0.0) + 1
        if track.person == UNKNOWN:
            return
        self.odds = {person: odds * (1 if person == track.person else DOUBT) for person, odds in self.odds.items()}
        self.odds[track.person] = min(self.odds.get(track.person, 0.0) + logit(track.confidence), ENOUGH)
        self.reasons[track.person] = f"{track.camera}: {track.reason or 'named there'}"

    def absorb(self, other: Evidence) -> None:
        """Take over what is known of another identity that turned out to be the same person."""
        for person, odds in other.odds.items():
            self.odds[person] = min(self.odds.get(person, 0.0) + odds, ENOUGH)
        for role, times in other.roles.items():
            self.roles[role] = self.roles.get(role, 0.0) + times
        self.reasons = {**other.reasons, **self.reasons}

    def weaken(self, person: str) -> None:
        """Somebody else turned out to be `person`."""
        self.odds.pop(person, None)

    def name(self, tracks: Iterable[Track]) -> Name:
        """The most probable person, given what `tracks` that last say as well."""
        odds, roles, reasons = dict(self.odds), dict(self.roles), dict(self.reasons)
        for track in tracks:
            roles[track.role] = roles.get(track.role, 0.0) + 1
            if track.person != UNKNOWN:
                odds[track.person] = odds.get(track.person, 0.0) + logit(track.confidence)
                reasons[track.person] = f"{track.camera}: {track.reason or 'named there'}"
        roles.pop(UNKNOWN, None)
        role = max(roles, key=lambda name: (roles[name], name), default=UNKNOWN)
        if not odds:
            return Name(role=role)
        best, *others = sorted(odds, key=lambda person: (-odds[person], person))
        margin = min(odds[best], ENOUGH) - max((odds[person] for person in others), default=0.0)
        return Name(best, role, 1 / (1 + exp(-margin)), reasons.get(best, ""))


def logit(probability: float) -> float:
    bounded = min(max(probability, 1 - MOST), MOST)
    return log(bounded / (1 - bounded))
