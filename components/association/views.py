"""Whether what several cameras show is one person or two, from where they stand at the same moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, inf, log

from components.association.identities import Identity
from components.association.likelihood import beside
from components.association.tracks import SECOND, Track
from components.contracts import UNKNOWN, Sighting

GLIMPSE = 2  # sightings that say something; a single one may be an error
BETTER = 0.3  # metres by which two tracks must fit better crosswise, each, before they are taken to have changed people
APART = 1.5  # metres between two views of one person, beside their uncertainty, beyond which they are two
LIKELY = log(0.15)  # log density above which identities that stand together are one person

Pair = tuple[Sighting, Sighting]  # of two tracks, at one moment


@dataclass(frozen=True, slots=True)
class Views:
    """Answers about tracks and identities; changes none. `step` (ns) is the length of a moment, `now` the newest one."""

    step: int

    def two(self, mine: Track, theirs: Track) -> bool:
        """Whether two tracks were visible at the same time and are not one person: in one camera, or far from each other."""
        together = self.pairs(mine, theirs)
        return bool(together) and (mine.camera == theirs.camera or self.beyond(together) > 0)

    def pairs(self, mine: Track, theirs: Track) -> list[Pair]:
        """What two tracks show of the same moments."""
        times = {seen.time // self.step: seen for seen in theirs.recent}
        return [(seen, times[at]) for seen in mine.recent if (at := seen.time // self.step) in times]

    def beyond(self, together: Sequence[Pair]) -> float:
        """Metres by which the mean distance of views exceeds what one person's may be."""
        x = sum(mine.x - other.x for mine, other in together) / len(together)
        y = sum(mine.y - other.y for mine, other in together) / len(together)
        allowed = APART + sum(mine.uncertainty + other.uncertainty for mine, other in together) / len(together)
        return hypot(x, y) - allowed

    def crossed(self, one: Track, other: Track, mine: Identity, theirs: Identity, now: int) -> bool:
        """Whether each of two tracks stands with the other one's people, and neither says by itself who it is."""
        if {one.person, other.person} != {UNKNOWN}:
            return False
        straight = (self.aside(one, mine, now), self.aside(other, theirs, now))
        across = (self.aside(one, theirs, now), self.aside(other, mine, now))
        return max(across) < APART / 2 and inf > sum(straight) > sum(across) + 2 * BETTER

    def aside(self, track: Track, identity: Identity, now: int) -> float:
        """Metres between a track and what other cameras show of an identity in the last second; inf where they do not."""
        others = [member for member in self.visible(identity, now) if member.camera != track.camera]
        pairs = [pair for other in others for pair in self.pairs(track, other) if pair[0].time > now - SECOND]
        if len(pairs) < GLIMPSE:
            return inf
        x = sum(mine.x - theirs.x for mine, theirs in pairs) / len(pairs)
        y = sum(mine.y - theirs.y for mine, theirs in pairs) / len(pairs)
        return hypot(x, y)

    def odd_one(self, identity: Identity, members: Sequence[Track], now: int) -> Track | None:
        """Of views that cannot all be one person the one that fits the fewest, and joined last; None where all fit."""
        misfits = {track.key: sum(self.parted(track, other, now) for other in members if other is not track) for track in members}
        if not any(misfits.values()):
            return None
        return max(members, key=lambda track: (misfits[track.key], track.person != identity.person, track.joined, track.key))

    def parted(self, one: Track, other: Track, now: int) -> bool:
        pairs = [pair for pair in self.pairs(one, other) if pair[0].time > now - SECOND]
        return len(pairs) >= GLIMPSE and (one.camera == other.camera or self.beyond(pairs) > 0)

    def visible(self, identity: Identity, now: int) -> list[Track]:
        return [track for track in identity.members.values() if track.last.time > now - SECOND]

    def one(self, old: Identity, young: Identity, now: int) -> bool:
        """Whether two identities that are visible now are rather one person than two."""
        names = {old.person, young.person} - {UNKNOWN}
        cameras = [track.camera for each in (old, young) for track in self.visible(each, now)]
        if len(names) > 1 or len(set(cameras)) < len(cameras):
            return False
        pairs = [self.pairs(a, b) for a in self.visible(old, now) for b in self.visible(young, now)]
        together = [pair for each in pairs for pair in each]
        if len(together) < 2 * GLIMPSE:
            return False
        odds = [beside([pair]) for pair in together]
        roles = {track.role for each in (old, young) for track in each.members.values()} - {UNKNOWN}
        return bool(sum(odds) / len(odds) + (-2.0 if len(roles) > 1 else 0.0) > LIKELY)
