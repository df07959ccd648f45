"""What is believed of one track: evidence added up over its life, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from components.contracts import UNKNOWN, Floats64, Observation, Person

PHRASES = 12  # that are kept of one track


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """Who somebody can be: each person of the roster, or a stranger of each role. Row i of every column is hypothesis i."""

    people: tuple[str, ...]  # or UNKNOWN
    roles: tuple[str, ...]  # or UNKNOWN
    prior: Floats64  # logarithm of the probability before anything was seen

    @classmethod
    def of(cls, roster: tuple[Person, ...], others: tuple[str, ...], stranger: float) -> Hypotheses:
        """`stranger` is the share of people in the picture who are on no roster, of any role of it, one of `others`, or none."""
        roles = (UNKNOWN, *dict.fromkeys([*others, *(person.role for person in roster)]))
        known = np.full(len(roster), (1 - stranger) / max(1, len(roster)))
        prior = np.log(np.concatenate([known, np.full(len(roles), (stranger if roster else 1.0) / len(roles))]))
        people = (*(person.id for person in roster), *(UNKNOWN for _ in roles))
        return cls(people, (*(person.role for person in roster), *roles), prior)

    def spread(self, observation: Observation) -> Floats64:
        """What an observation says of each hypothesis."""
        said = zip(self.people, self.roles, strict=True)
        return np.array([observation.people.get(person, 0.0) + observation.roles.get(role, 0.0) for person, role in said])


@dataclass(slots=True)
class Phrase:
    """Something that was seen several times."""

    time: int  # fleet time of the last time, ns
    count: int
    score: float  # sum
    means: Floats64  # what it said of each hypothesis, the last time

    @property
    def text(self) -> str:
        if self.score < self.count - 1e-9:
            return f" {self.score / self.count:.2f}"
        return " once" if self.count == 1 else f" {self.count} times"


@dataclass(slots=True)
class Belief:
    """The log-odds that each source has given each hypothesis, and what was said."""

    time: int  # fleet time up to which they are forgotten, ns
    logs: Floats64  # (sources, hypotheses), the least of each row is 0
    looked: dict[int, int] = field(default_factory=dict)  # source -> fleet time of its last look, ns
    heard: dict[int, int] = field(default_factory=dict)  # source -> fleet time when it last said something, ns
    phrases: dict[str, Phrase] = field(default_factory=dict)

    def forget(self, time: int, memory: float) -> None:
        """Allow for the track having changed people since, as it does once in `memory` seconds on average.

        The step of a hidden Markov model (Rabiner 1989) from anybody to anybody else, for what each source has said.
        """
        changed = -np.expm1(-max(0, time - self.time) / 1e9 / memory)
        self.time = time
        if changed:
            shares = np.exp(self.logs - self.logs.max(axis=1, keepdims=True))
            shares /= shares.sum(axis=1, keepdims=True)
            logs = np.log((1 - changed) * shares + changed / shares.shape[1])
            self.logs = logs - logs.min(axis=1, keepdims=True)

    def hear(self, source: int, said: Floats64, time: int, *, alike: float, bound: float) -> None:
        """Add what `source` says now; what it says again after less than `alike` seconds counts for little."""
        since = (time - self.heard[source]) / 1e9 if source in self.heard else np.inf
        self.heard[source] = time
        row = self.logs[source] + said * (1 - np.exp(-since / alike))
        row = np.maximum(row - row.max(), -bound)
        self.logs[source] = row - row.min()

    def remember(self, observation: Observation, means: Floats64, time: int) -> None:
        """Note what was said, for people who ask why."""
        known = self.phrases.get(observation.says)
        count, score = (known.count, known.score) if known else (0, 0.0)
        self.phrases[observation.says] = Phrase(time, count + 1, score + observation.score, means)
        if len(self.phrases) > PHRASES:
            del self.phrases[min(self.phrases, key=lambda says: (self.phrases[says].time, says))]

    def odds(self, prior: Floats64) -> Floats64:
        """The probability of each hypothesis."""
        logs = prior + self.logs.sum(axis=0)
        shares = np.exp(logs - logs.max())
        return np.asarray(shares / shares.sum())

    def why(self, chosen: Floats64) -> str:
        """What speaks for the hypotheses `chosen` (bool), and what against them, the most frequent first."""
        sides: dict[bool, list[str]] = {True: [], False: []}
        for says, phrase in sorted(self.phrases.items(), key=lambda item: (-item[1].count, item[0])):
            sides[bool(phrase.means[chosen].max() >= phrase.means.max())].append(says + phrase.text)
        return "; ".join([*sides[True], *(f"but {words}" for words in sides[False])])


def summed(hypotheses: Hypotheses, observations: list[tuple[int, Observation]]) -> Mapping[tuple[int, int], Floats64]:
    """(source, row) -> what all observations of a source say of a row together; their order does not matter."""
    ordered = sorted(observations, key=lambda item: (item[0], item[1].row, item[1].says))
    groups = groupby(ordered, key=lambda item: (item[0], item[1].row))
    return {key: np.sum([hypotheses.spread(each) for _, each in group], axis=0) for key, group in groups}
