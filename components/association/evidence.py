"""Who an identity is: what the tracks of its life said, put together."""

from __future__ import annotations

from dataclasses import dataclass, field

from components.association.tracks import Track
from components.contracts import UNKNOWN


@dataclass(slots=True)
class Evidence:
    """The person that an identity is, from the track that said so most surely, and its role by the votes of its tracks."""

    person: str = UNKNOWN  # stays what it is: a track that says otherwise is somebody else's
    confidence: float = 0.0  # that the track which named the person was right
    reason: str = ""
    roles: dict[str, float] = field(default_factory=dict)

    def name(self, track: Track) -> None:
        """`track` names the person, perhaps not for the first time."""
        self.person = track.person
        self.confidence = max(self.confidence, track.confidence)
        self.reason = f"{track.camera}: {track.reason}" if track.reason else f"named by {track.camera}"

    def vote(self, role: str) -> None:
        """A track that has ended showed somebody of this role."""
        if role != UNKNOWN:
            self.roles[role] = self.roles.get(role, 0.0) + 1

    def absorb(self, other: Evidence) -> None:
        """Take over what is known of another identity that turned out to be the same person."""
        for role, times in other.roles.items():
            self.roles[role] = self.roles.get(role, 0.0) + times
        if self.person == UNKNOWN:
            self.person, self.confidence, self.reason = other.person, other.confidence, other.reason
