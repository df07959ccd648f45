"""What is known of one camera's track while it lasts, and shortly after."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from components.contracts import UNKNOWN, Floats32, Sighting

Key = tuple[str, int]  # camera, track
SECOND = 1_000_000_000  # ns
SLOW = 0.9  # share that the appearance of before has in the appearance of now


@dataclass(slots=True)
class Track:
    """One camera's track: its newest sightings, what it says about the person, and whose it is."""

    key: Key
    first: Sighting
    recent: deque[Sighting] = field(default_factory=deque)  # at least as far back as identities are still to be given
    person: str = UNKNOWN  # what its camera's evidence says
    role: str = UNKNOWN
    confidence: float = 0.0
    reason: str = ""
    feature: Floats32 | None = None
    identity: str = ""  # "": not decided yet
    sure: float = 1.0  # probability that the identity is the right one
    decided_as: str = UNKNOWN  # the person that it was taken for when that was decided
    joined: int = 0  # fleet time of the decision, ns
    refused: set[str] = field(default_factory=set)  # identities that it turned out not to be

    @property
    def camera(self) -> str:
        return self.key[0]

    @property
    def last(self) -> Sighting:
        return self.recent[-1]

    def see(self, sighting: Sighting, memory: int) -> None:
        """Add the newest sighting; older ones than `memory` ns are forgotten."""
        self.recent.append(sighting)
        while self.recent[0].time < sighting.time - memory:
            self.recent.popleft()
        self.person, self.confidence = sighting.person, sighting.confidence
        self.reason = sighting.reason
        self.role = sighting.role if sighting.role != UNKNOWN else self.role

    def look(self, feature: Floats32) -> None:
        """Take in what the person looks like now."""
        mixed = feature if self.feature is None else SLOW * self.feature + (1 - SLOW) * feature
        self.feature = np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-6), np.float32)

    def at(self, moment: int, step: int) -> Sighting | None:
        """The newest sighting of the moment that begins at `moment`."""
        return next((seen for seen in reversed(self.recent) if moment <= seen.time < moment + step), None)

    def since(self, time: int) -> Iterator[Sighting]:
        return (seen for seen in self.recent if seen.time >= time)
