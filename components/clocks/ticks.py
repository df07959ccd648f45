"""A clock that tells whole seconds only, known to milliseconds: it is asked when its second is about to end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SECOND = 1_000_000_000  # ns


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody was asked for the time, and said it without what is less than a second."""

    asked: int  # ns, by our clock
    answered: int  # ns, by our clock
    said: int  # ns, by theirs

    @property
    def least(self) -> int:
        """They read their clock at the latest when the answer came, so it is ahead by at least so much (ns)."""
        return self.said - self.answered

    @property
    def most(self) -> int:
        return self.said + SECOND - self.asked


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what a clock is ahead, ns, and how many answers say so."""

    least: int
    most: int
    agree: int

    @property
    def offset(self) -> int:
        return (self.least + self.most) // 2

    @property
    def uncertainty(self) -> int:
        """One standard deviation where everything between is as likely."""
        return math.ceil((self.most - self.least) / math.sqrt(12))


def bounds(answers: Sequence[Answer]) -> Bounds:
    """Where most of `answers` (at least one) agree. Of one answer alone: its second and the way there and back.

    An answer that took a round trip says that the clock is ahead by something between two bounds (Cristian, "Probabilistic clock
    synchronization", 1989).
    """
    return agreed([(one.least, one.most) for one in answers])


def agreed(intervals: Sequence[tuple[int, int]]) -> Bounds:
    """What lies in most of `intervals` (least and most, ns; at least one).

    K. Marzullo, "Maintaining the time in a distributed system", 1984.
    """
    edges = sorted([(least, -1) for least, _ in intervals] + [(most, 1) for _, most in intervals])
    best, within = Bounds(*intervals[0], 0), 0
    for (place, kind), (following, _) in pairwise(edges):
        within -= kind
        if within > best.agree:
            best = Bounds(place, following, within)
    return best


def due(known: Bounds, trip: int, now: int) -> int:
    """When to ask next (ns, our clock, not before `now`), where the way there and back takes `trip` ns.

    Half of what is possible is ruled out by an answer that is given when the middle of it would have a second begin.
    """
    arrives = now + trip // 2
    return now + -(arrives + known.offset) % SECOND
