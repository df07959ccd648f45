"""How probable it is that a track shows a known identity, and how probable that it shows somebody new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, hypot, inf, log, pi

from components.association.identities import Identity, Spot
from components.association.looks import Looks
from components.association.topology import AREA, Topology
from components.association.tracks import SECOND, Track
from components.contracts import UNKNOWN, Sighting

BIAS = 0.3  # metres: by how much two cameras' ideas of one place differ beside their own uncertainty
HIDDEN, BRIEF, LONG = 0.7, 3.0, 40.0  # who vanishes in view is back after these mean seconds; the share of brief absences
DRIFT, ASTRAY = 0.8, 3.0  # m/s that somebody out of sight goes astray, up to these metres
SAME_NAME = 3.0  # log-likelihood that a name which agrees adds, where both are certain
SAME_ROLE, OTHER_ROLE = 0.5, -2.0
LITTLE = 1e-12


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Log densities per second and square metre; `newcomers` is how many people a minute come to the site unseen."""

    topology: Topology
    looks: Looks
    newcomers: float
    step: int  # ns, length of a moment

    def new(self) -> float:
        """That a track shows somebody whom nobody has seen before."""
        return log(self.newcomers / 60 / AREA)

    def same(self, track: Track, identity: Identity) -> float:
        """That `track` shows `identity`, from when it began and what both say; -inf where that cannot be."""
        together = list(self._together(track, identity))
        if any(mine.camera == other.camera for mine, other in together):
            return -inf
        place = beside(together) if together else self._after(track, identity)
        return place + agreement(track, identity) + self._alike(track, identity) if place > -inf else -inf

    def _alike(self, track: Track, identity: Identity) -> float:
        """What appearance says: in the same camera if the identity was seen there, else the most alike of the others."""
        members = [member for member in identity.members.values() if member is not track]
        views = identity.looks | {member.camera: member.feature for member in members if member.feature is not None}
        if track.feature is None or not views:
            return 0.0
        if track.camera in views:
            return self.looks.says(float(track.feature @ views[track.camera]), across=False)
        return max(self.looks.says(float(track.feature @ view), across=True) for view in views.values())

    def _together(self, track: Track, identity: Identity) -> Iterator[tuple[Sighting, Sighting]]:
        """What both show of the same moments."""
        for member in identity.members.values():
            if member is not track and member.last.time >= track.recent[0].time:
                times = {seen.time // self.step: seen for seen in member.recent}
                yield from ((seen, times[at]) for seen in track.recent if (at := seen.time // self.step) in times)

    def _after(self, track: Track, identity: Identity) -> float:
        """That somebody who was last seen elsewhere, or was hidden, is who the track shows."""
        last, first = identity.spot, track.first
        if last is None or first.time <= last.time:
            return -inf
        seconds = (first.time - last.time) / SECOND
        metres = hypot(first.x - last.x, first.y - last.y)
        back = hidden(last, first, seconds)
        on = self.topology.density(identity.camera, first.camera, metres, seconds)
        return log(back + on + LITTLE * LITTLE)


def hidden(last: Spot, first: Sighting, seconds: float) -> float:
    """That who vanished at `last` shows up at `first`, having been there or nearby all the time."""
    x, y = last.ahead(min(seconds, 1.0))
    spread = 0.4**2 + min(DRIFT * seconds, ASTRAY) ** 2 + last.uncertainty**2 + first.uncertainty**2
    when = HIDDEN * exp(-seconds / BRIEF) / BRIEF + (1 - HIDDEN) * exp(-seconds / LONG) / LONG
    return normal((first.x - x) ** 2 + (first.y - y) ** 2, spread) * when


def beside(together: list[tuple[Sighting, Sighting]]) -> float:
    """Log density that two tracks which are seen at the same time stand as far apart as these pairs do and are one person."""
    count = len(together)
    x = sum(mine.x - other.x for mine, other in together) / count
    y = sum(mine.y - other.y for mine, other in together) / count
    spread = sum(mine.uncertainty**2 + other.uncertainty**2 for mine, other in together) / count
    return log(normal(x * x + y * y, BIAS**2 + spread) + LITTLE)


def agreement(track: Track, identity: Identity) -> float:
    """What names and roles add to the log-likelihood."""
    total, role = 0.0, identity.role(without=track)
    if UNKNOWN not in (track.person, identity.person):
        both = track.confidence * identity.evidence.confidence
        total += SAME_NAME * both if track.person == identity.person else log(1 - both + 1e-3)
    if UNKNOWN not in (track.role, role):
        total += SAME_ROLE if track.role == role else OTHER_ROLE
    return total


def normal(squared: float, variance: float) -> float:
    """Density per square metre of a round normal distribution at a squared distance."""
    return exp(-squared / (2 * variance)) / (2 * pi * variance)
