"""One person of the site: the tracks that show them now, where they were last, and who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot

from components.association.evidence import Evidence
from components.association.tracks import SECOND, Key, Track
from components.contracts import UNKNOWN, Floats32, Sighting

CORRELATED = 0.7  # views share their faults: together they are not surer than this share of the best one


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the floor at one moment."""

    time: int  # ns
    x: float  # metres
    y: float
    uncertainty: float  # metres
    vx: float = 0.0  # m/s
    vy: float = 0.0

    def ahead(self, seconds: float) -> tuple[float, float]:
        """Where somebody is who walks on for `seconds`."""
        return self.x + self.vx * seconds, self.y + self.vy * seconds


@dataclass(slots=True)
class Identity:
    """One person, as far as anybody can tell."""

    id: str
    members: dict[Key, Track] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=Evidence)
    spot: Spot | None = None
    camera: str = ""  # that saw the person last
    looks: dict[str, Floats32] = field(default_factory=dict)  # camera -> appearance there

    @property
    def person(self) -> str:
        return self.evidence.person

    def role(self, *, without: Track | None = None) -> str:
        """What most of its tracks showed."""
        roles = dict(self.evidence.roles)
        for track in self.members.values():
            if track.role != UNKNOWN and track is not without:
                roles[track.role] = roles.get(track.role, 0.0) + 1
        return max(roles, key=lambda role: (roles[role], role), default=UNKNOWN)

    def join(self, track: Track, *, sure: float, now: int) -> None:
        self.members[track.key] = track
        track.identity, track.sure, track.joined = self.id, sure, now
        track.decided_as = track.person if track.person == self.person else UNKNOWN  # another name is to be looked into

    def leave(self, track: Track) -> None:
        """The track was somebody else's."""
        del self.members[track.key]
        track.identity = ""
        track.refused.add(self.id)

    def end(self, track: Track) -> None:
        """The track is over; what it said of the person stays."""
        self.evidence.vote(track.role)
        if track.feature is not None:
            self.looks[track.camera] = track.feature
        del self.members[track.key]

    def move(self, views: Sequence[Sighting], time: int) -> None:
        """Stand where the `views` of one moment say."""
        spot = fused(views, time)
        if self.spot is not None and 0 < (passed := (time - self.spot.time) / SECOND) <= 1:
            share = min(1.0, passed / 0.5)
            vx = (1 - share) * self.spot.vx + share * (spot.x - self.spot.x) / passed
            vy = (1 - share) * self.spot.vy + share * (spot.y - self.spot.y) / passed
            speed = hypot(vx, vy)
            limit = 1 if speed < 2 else 2 / speed  # nobody runs; what seems so is an error of the place
            spot = Spot(time, spot.x, spot.y, spot.uncertainty, vx * limit, vy * limit)
        self.spot = spot
        self.camera = min(views, key=lambda seen: seen.uncertainty).camera


def fused(views: Sequence[Sighting], time: int) -> Spot:
    """The mean of the views' places, each with the weight that its uncertainty gives it."""
    if len(views) == 1:
        return Spot(time, views[0].x, views[0].y, views[0].uncertainty)
    weights = [1 / max(seen.uncertainty, 0.05) ** 2 for seen in views]
    total = sum(weights)
    x = sum(weight * seen.x for weight, seen in zip(weights, views, strict=True)) / total
    y = sum(weight * seen.y for weight, seen in zip(weights, views, strict=True)) / total
    best = min(seen.uncertainty for seen in views)
    return Spot(time, x, y, max(total**-0.5, CORRELATED * best))
