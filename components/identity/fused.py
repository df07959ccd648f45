"""Names people by everything that is known of them, over the life of a track."""

from __future__ import annotations

import numpy as np

from components.contracts import UNKNOWN, Evidence, Floats64, Frame, Identities, InputError, Observation, Person, Tracks
from components.identity.beliefs import Belief, Hypotheses, summed

HELD = 1.0  # nats that somebody else must be surer by to take a name away


class Fused:
    """Adds up what each kind of `evidence` says of a track: an Identifier that says why; one instance per camera.

    A track is somebody of the `roster`, or a stranger (a share of `stranger` of all) of one of the roster's roles, of one of
    `others`, or of none. Evidence adds log-odds to these hypotheses. What one kind says again within its `pace.alike` counts
    for little, and all that it says counts for at most `bound` nats. A track is taken to change people once in `memory_seconds`
    on average: what was seen long ago counts for less, and a track that does change people comes to change its name. Whoever is
    named with less than `confidence` is unknown; a role is known from `role_confidence` on, whoever it may be. Of two tracks
    with one name only the surer keeps it, and whoever has it keeps it unless the other is clearly surer. A track that was not
    there for `forget_seconds` is forgotten. Raises InputError for settings and evidence that make no sense.
    """

    def __init__(
        self,
        *,
        roster: tuple[Person, ...],
        evidence: dict[str, Evidence],
        others: tuple[str, ...] = ("visitor",),
        confidence: float = 0.92,
        role_confidence: float = 0.92,
        stranger: float = 0.3,
        bound: float = 8.0,
        memory_seconds: float = 60.0,
        forget_seconds: float = 60.0,
    ) -> None:
        shares = {"confidence": confidence, "role_confidence": role_confidence, "stranger": stranger}
        lengths = {"bound": bound, "memory_seconds": memory_seconds, "forget_seconds": forget_seconds}
        _check(shares, lengths, roster)
        self._evidence = tuple(evidence.values())
        self._hypotheses = Hypotheses.of(roster, others, stranger)
        self._known = np.array([person != UNKNOWN for person in self._hypotheses.people])
        self._roles = tuple(dict.fromkeys(self._hypotheses.roles))
        self._of_role = np.array([[each == role for each in self._hypotheses.roles] for role in self._roles])
        self._confidence, self._role_confidence, self._bound = confidence, role_confidence, bound
        self._memory, self._forget = memory_seconds, round(forget_seconds * 1e9)
        self._beliefs: dict[int, Belief] = {}
        self._named: dict[int, str] = {}  # track -> its name in the last frame

    def identify(self, frame: Frame, tracks: Tracks) -> Identities:
        """The names that the evidence so far gives the tracks of this frame, and the evidence in words."""
        ids = tracks.ids.tolist()
        beliefs = [self._belief(track, frame.time) for track in ids]
        self._hear(beliefs, self._look(frame, tracks, beliefs), frame.time)
        self._beliefs = {track: each for track, each in self._beliefs.items() if frame.time - each.time <= self._forget}
        named = self._name(ids, beliefs)
        self._named = {track: person for track, person in zip(ids, named.people, strict=True) if person != UNKNOWN}
        return named

    def _belief(self, track: int, time: int) -> Belief:
        if track not in self._beliefs or time - self._beliefs[track].time > self._forget:
            self._beliefs[track] = Belief(time, np.zeros((len(self._evidence), len(self._hypotheses.people))))
        self._beliefs[track].forget(time, self._memory)
        return self._beliefs[track]

    def _look(self, frame: Frame, tracks: Tracks, beliefs: list[Belief]) -> list[tuple[int, Observation]]:
        """What each source says of the tracks whose turn it is."""
        said: list[tuple[int, Observation]] = []
        for source, evidence in enumerate(self._evidence):
            waits = [evidence.pace.known if track in self._named else evidence.pace.unknown for track in tracks.ids.tolist()]
            due = [row for row, wait in enumerate(waits) if _due(beliefs[row].looked.get(source), frame.time, wait)]
            for row in due:
                beliefs[row].looked[source] = frame.time
            said += [(source, each) for each in evidence.look(frame, tracks, due)] if due else []
        return said

    def _hear(self, beliefs: list[Belief], said: list[tuple[int, Observation]], time: int) -> None:
        """Believe what was said in this frame."""
        for (source, row), means in summed(self._hypotheses, said).items():
            beliefs[row].hear(source, means, time, alike=self._evidence[source].pace.alike, bound=self._bound)
        for _, each in said:
            beliefs[each.row].remember(each, self._hypotheses.spread(each), time)

    def _name(self, ids: list[int], beliefs: list[Belief]) -> Identities:
        """The names of one frame: the surest first, each name once."""
        odds = [each.odds(self._hypotheses.prior) for each in beliefs]
        people, confidence = [UNKNOWN] * len(odds), np.zeros(len(odds), np.float32)
        taken: set[str] = set()
        best_of = [int((share * self._known).argmax()) for share in odds]
        for i in sorted(range(len(odds)), key=lambda i: -self._rank(ids[i], odds[i], best_of[i])):
            best, name = best_of[i], self._hypotheses.people[best_of[i]]
            if odds[i][best] >= self._confidence and name not in taken and self._known[best]:
                people[i], confidence[i] = name, odds[i][best]
                taken.add(name)
        roles = [self._role(share, person) for share, person in zip(odds, people, strict=True)]
        chosen = zip(beliefs, odds, people, roles, strict=True)
        return Identities(tuple(people), tuple(roles), confidence, tuple(self._why(*each) for each in chosen))

    def _rank(self, track: int, odds: Floats64, best: int) -> float:
        """How strong a claim is that a track has on its best name, nats."""
        holds = self._named.get(track) == self._hypotheses.people[best]
        return float(np.log(odds[best] / max(1 - odds[best], 1e-12))) + (HELD if holds else 0.0)

    def _role(self, odds: Floats64, person: str) -> str:
        """The role of a named person, or the one that most probably is somebody's whom nobody can name."""
        if person != UNKNOWN:
            return self._hypotheses.roles[self._hypotheses.people.index(person)]
        shares = self._of_role @ odds
        best = int(shares.argmax())
        return self._roles[best] if shares[best] >= self._role_confidence else UNKNOWN

    def _why(self, belief: Belief, odds: Floats64, person: str, role: str) -> str:
        """The evidence in words, for people to read."""
        if not belief.phrases:
            return ""
        best = int(odds.argmax())
        name = self._hypotheses.people[best]
        if person != UNKNOWN:
            return belief.why(np.array([each == person for each in self._hypotheses.people]))
        if name != UNKNOWN and odds[best] >= self._confidence:
            return f"{name} is surer elsewhere in this picture; {belief.why(np.arange(len(odds)) == best)}"
        if role != UNKNOWN:
            return belief.why(self._of_role[self._roles.index(role)])
        return f"not enough: {belief.why(np.ones(len(odds), bool))}"


def _due(looked: int | None, time: int, wait: float) -> bool:
    return looked is None or time - looked >= wait * 1e9 - 1e6  # a container may round times


def _check(shares: dict[str, float], lengths: dict[str, float], roster: tuple[Person, ...]) -> None:
    """Raise InputError with everything that is wrong."""
    wrong = [f"{name} is {value}, expected 0 < x < 1" for name, value in shares.items() if not 0 < value < 1]
    if shares["confidence"] <= 0.5:
        wrong.append(f"confidence is {shares['confidence']}, expected more than 0.5: a name is more probable than all others")
    wrong += [f"{name} is {value}, expected more than 0" for name, value in lengths.items() if value <= 0]
    ids = [person.id for person in roster]
    wrong += [f"{name} is on the roster twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
    if wrong:
        raise InputError(f"identity: {'; '.join(wrong)}")
