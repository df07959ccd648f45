"""Makes site-wide identities of what all cameras of a site see, moment by moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from scipy.optimize import linear_sum_assignment

from components.association.identities import Identity, fused
from components.association.likelihood import Likelihood
from components.association.looks import Looks
from components.association.topology import Topology
from components.association.tracks import SECOND, Key, Track
from components.association.views import APART, GLIMPSE, Views
from components.contracts import UNKNOWN, Position, Sighting

IMPOSSIBLE = -1e6  # log-likelihood of what cannot be, for the assignment
OVER = 5 * SECOND  # a track that is not seen for so long has ended: trackers forget sooner
SURE = 0.3  # probability below which a track is rather somebody new than the one it fits best


class Association:
    """Site-wide identities by place and time, by travel time between views, by appearance and by name, `lag_seconds` late.

    A track is given an identity `lag_seconds` after it began: the one that most probably shows up there and then, or a new one;
    all tracks that are due at one moment are matched at once (Hungarian method on log-likelihoods). A track that is named later,
    or that walks away from the other views of its identity, is matched again. Views that stay together become one identity.
    `newcomers` is how many people a minute come onto the site unnoticed. Somebody not seen for `lifetime_seconds` is forgotten.
    A name is given from a probability of `confidence` on, to one identity at a time. Moments last `step_seconds`.
    The same sightings give the same positions; identities are numbered from 1 and no number is used again.
    """

    def __init__(
        self,
        *,
        lag_seconds: Annotated[float, Gt(0), Le(60)] = 1.0,
        step_seconds: Annotated[float, Gt(0), Le(2)] = 0.2,
        lifetime_seconds: Annotated[float, Ge(1)] = 900.0,
        newcomers: Annotated[float, Gt(0)] = 0.5,
        confidence: Annotated[float, Gt(0.5), Le(1)] = 0.7,
    ) -> None:
        self.step, self.lag = round(step_seconds * SECOND), round(lag_seconds * SECOND)
        self._lifetime, self._confidence = round(lifetime_seconds * SECOND), confidence
        self._topology, self._views = Topology(), Views(self.step)
        self._looks = Looks()
        self._likelihood = Likelihood(self._topology, self._looks, newcomers, self.step)
        self._tracks: dict[Key, Track] = {}
        self._identities: dict[str, Identity] = {}
        self._people: dict[str, Identity] = {}  # by name; each has one identity at a time
        self._count, self._now, self._paired = 0, 0, 0
        self._moments: deque[int] = deque()  # whose positions are still to be given

    def see(self, time: int, sightings: Sequence[Sighting]) -> list[Position]:
        """Take what was seen in the moment that begins at `time` (ns; none before the last); who was where `lag_seconds` before.

        Times between moments in which nobody was seen need not be reported.
        """
        before = self._rest(time) if self._moments and time - self._moments[-1] >= self.lag else []
        self._now = time
        if not self._moments or time > self._moments[-1]:
            self._moments.append(time)
        self._compare(sightings)
        for seen in sightings:
            self._update(seen)
        self._decide()
        self._correct()
        if time - self._paired >= SECOND:
            self._paired = time
            self._part()
            self._swap()
            self._unite()
        self._move(time)
        self._forget()
        return before + list(self._finished(time - self.lag))

    def now(self) -> list[Position]:
        """Who is where, by what each track showed last within `lag_seconds`; tracks that are not decided yet are left out."""
        newest = {track.key: track.last for track in self._tracks.values() if self._now - track.last.time <= self.lag}
        return list(self._standing(self._now, newest))

    def close(self) -> list[Position]:
        """The positions of the moments that are left."""
        return self._rest(self._now + self.lag)

    def _rest(self, time: int) -> list[Position]:
        """Nothing more was seen until `time`: whom all tracks show is decided, and the moments before are final."""
        self._now = time
        self._decide()
        self._correct()
        found = list(self._finished(time))
        self._forget()
        return found

    def _update(self, seen: Sighting) -> None:
        key = (seen.camera, seen.track)
        if key not in self._tracks:
            self._tracks[key] = Track(key, seen)
        track = self._tracks[key]
        track.see(seen, max(2 * self.lag, 2 * SECOND))
        if seen.feature.size:
            if track.feature is not None:
                self._looks.one.add(float(track.feature @ seen.feature))
            track.look(seen.feature)

    def _compare(self, sightings: Sequence[Sighting]) -> None:
        """Two people in one picture teach how much two people look alike."""
        for one, other in combinations([seen for seen in sightings if seen.feature.size], 2):
            if (one.camera, one.time) == (other.camera, other.time):
                self._looks.two.add(float(one.feature @ other.feature))

    def _decide(self) -> None:
        """Give identities to the tracks that have been waiting for long enough."""
        due = [
            track
            for track in self._tracks.values()
            if not track.identity and self._now - track.first.time >= self.lag - self.step
        ]
        self._match([track for track in due if len(track.recent) >= GLIMPSE])

    def _match(self, tracks: Sequence[Track]) -> None:
        known = list(self._identities.values())
        if not tracks:
            return
        fresh = self._likelihood.new()
        table = np.full((len(tracks), len(known) + len(tracks)), IMPOSSIBLE)
        for i, track in enumerate(tracks):
            table[i, len(known) + i] = fresh
            for j, identity in enumerate(known):
                if identity.spot is not None and identity.id not in track.refused:
                    table[i, j] = max(self._likelihood.same(track, identity), IMPOSSIBLE)
        for i, j in zip(*linear_sum_assignment(-table), strict=True):
            sure = float(1 / np.exp(np.clip(table[i] - table[i, j], -700, 700)).sum())
            known_again = j < len(known) and sure >= SURE
            identity = known[j] if known_again else self._newcomer()
            self._learn(tracks[i], identity)
            identity.join(tracks[i], sure=sure if known_again else 1.0, now=self._now)
            if identity.spot is None:  # a track that is over by now leaves somebody at a place too
                identity.move([tracks[i].last], tracks[i].last.time)

    def _newcomer(self) -> Identity:
        self._count += 1
        identity = self._identities[str(self._count)] = Identity(str(self._count))
        return identity

    def _learn(self, track: Track, identity: Identity) -> None:
        """A passage between two views of somebody whose name is read in both teaches how people walk."""
        named = track.person != UNKNOWN and identity.person == track.person
        if named and not identity.members and identity.spot and identity.camera != track.camera:
            self._topology.learn(identity.camera, track.camera, (track.first.time - identity.spot.time) / SECOND)

    def _correct(self) -> None:
        """Tracks that are named now, and were not or otherwise when their identity was decided, are looked at again."""
        for track in list(self._tracks.values()):
            if track.identity and track.person not in (UNKNOWN, track.decided_as):
                track.decided_as = track.person
                self._named(track)
            elif track.identity and track.person != UNKNOWN and self._identities[track.identity].person == track.person:
                self._identities[track.identity].evidence.name(track)

    def _named(self, track: Track) -> None:
        """`track` says who it is: it goes to the identity of that name, or gives its own the name."""
        own, home = self._identities[track.identity], self._people.get(track.person)
        if own.person not in (UNKNOWN, track.person):
            own.leave(track)  # the rest of the identity is somebody else
            if home is None:
                self._match([track])
                own = self._identities[track.identity]
        if home is None:
            if own.person == UNKNOWN:
                self._people[track.person] = own
                own.evidence.name(track)
        elif home is not own and self._welcome(track, home):
            if track.identity:
                self._merge(own, home)
            else:
                self._learn(track, home)
                home.join(track, sure=1.0, now=self._now)
            home.evidence.name(track)
        elif not track.identity:
            self._match([track])

    def _welcome(self, track: Track, home: Identity) -> bool:
        """Whether the identity of its name is where `track` belongs; then members that cannot be the same person go."""
        strangers = [member for member in home.members.values() if self._views.two(track, member)]
        if any(member.person == track.person and member.confidence > track.confidence for member in strangers):
            return False
        for member in strangers:
            home.leave(member)
        self._match(strangers)
        return True

    def _merge(self, young: Identity, old: Identity) -> None:
        """One person after all: everything of `young` is `old`'s from now on."""
        for track in list(young.members.values()):
            young.leave(track)
            self._learn(track, old)
            old.join(track, sure=1.0, now=self._now)
        old.evidence.absorb(young.evidence)
        if old.person != UNKNOWN:
            self._people[old.person] = old
        if young.spot and (old.spot is None or young.spot.time > old.spot.time):
            old.spot, old.camera = young.spot, young.camera
        old.looks = {**young.looks, **old.looks}
        del self._identities[young.id]

    def _part(self) -> None:
        """Views of one identity that have walked away from each other are two people: who disagrees with most others leaves."""
        for identity in list(self._identities.values()):
            members = self._views.visible(identity, self._now)
            while len(members) > 1 and (odd := self._views.odd_one(identity, members, self._now)):
                members.remove(odd)
                identity.leave(odd)
                self._match([odd])

    def _swap(self) -> None:
        """Two tracks of one camera whose other views fit better crosswise have changed people, as trackers do in a crowd."""
        cameras: dict[str, list[Track]] = {}
        for identity in self._identities.values():
            for track in self._views.visible(identity, self._now):
                cameras.setdefault(track.camera, []).append(track)
        for tracks in cameras.values():
            for one, other in combinations(tracks, 2):
                mine, theirs = self._identities[one.identity], self._identities[other.identity]
                if mine is not theirs and self._views.crossed(one, other, mine, theirs, self._now):
                    for track, old, new in ((one, mine, theirs), (other, theirs, mine)):
                        old.leave(track)
                        new.join(track, sure=min(one.sure, other.sure), now=self._now)

    def _unite(self) -> None:
        """Identities that stay together in the views of different cameras are one person."""
        there = [each for each in self._identities.values() if each.members and each.spot and self._now - each.spot.time < SECOND]
        if len(there) < 2:
            return
        floor = np.array([(each.spot.x, each.spot.y) for each in there if each.spot])
        squared = ((floor[:, None] - floor[None]) ** 2).sum(axis=2)
        near = np.argwhere(np.triu(squared < APART**2, 1))
        for i, j in sorted(near.tolist(), key=lambda pair: float(squared[pair[0], pair[1]])):
            old, young = there[i], there[j]
            if old.id in self._identities and young.id in self._identities and self._views.one(old, young, self._now):
                self._merge(young, old)

    def _move(self, time: int) -> None:
        for identity in self._identities.values():
            views = [seen for track in identity.members.values() if (seen := track.at(time, self.step))]
            if views:
                identity.move(views, time)

    def _forget(self) -> None:
        for key, track in list(self._tracks.items()):
            if self._now - track.last.time > max(OVER, 2 * self.lag):
                if track.identity:
                    self._identities[track.identity].end(track)
                del self._tracks[key]
        for identity in list(self._identities.values()):
            last = identity.spot.time if identity.spot else self._now
            if not identity.members and self._now - last > self._lifetime:
                del self._identities[identity.id]
                if self._people.get(identity.person) is identity:
                    del self._people[identity.person]

    def _finished(self, until: int) -> Iterator[Position]:
        """The positions of all moments up to `until`, which nothing can change any more."""
        while self._moments and self._moments[0] <= until:
            yield from self._at(self._moments.popleft())

    def _at(self, time: int) -> Iterator[Position]:
        seen = {track.key: found for track in self._tracks.values() if (found := track.at(time, self.step))}
        return self._standing(time, seen)

    def _standing(self, time: int, seen: Mapping[Key, Sighting]) -> Iterator[Position]:
        """The positions that these views of tracks make."""
        for identity in self._identities.values():
            views = [(track, seen[key]) for key, track in identity.members.items() if key in seen]
            if views:
                newest = {view[0].camera: view for view in sorted(views, key=lambda view: (view[0].last.time, view[0].joined))}
                yield self._position(time, identity, list(newest.values()))  # two in one camera are two people

    def _position(self, time: int, identity: Identity, views: Sequence[tuple[Track, Sighting]]) -> Position:
        seen = [sighting for _, sighting in views]
        spot, best = fused(seen, time), min(seen, key=lambda sighting: sighting.uncertainty)
        confidence = max(self._confident(track, identity) for track, _ in views)
        known = identity.person != UNKNOWN and confidence >= self._confidence
        return Position(
            time, identity.id, identity.person if known else UNKNOWN, identity.role(), round(confidence, 4) if known else 0.0,
            spot.x, spot.y, spot.uncertainty, best.zone, tuple(sorted({sighting.camera for sighting in seen})),
            tuple(sorted(f"{sighting.camera}/{sighting.track}" for sighting in seen)), identity.evidence.reason if known else "",
        )  # fmt: skip

    def _confident(self, track: Track, identity: Identity) -> float:
        """That `track` shows the person that `identity` is called."""
        own = track.confidence if track.person == identity.person else 0.0
        return max(own, track.sure * identity.evidence.confidence)
