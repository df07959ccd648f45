"""What a likeness of two appearances says of whether they are one person: learned while people walk by."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log

ENOUGH = 100  # likenesses of either kind before anything is said
FADING = 20_000  # likenesses after which older ones begin to count less, so that a change of light is learned
NARROW = 0.03  # the least deviation that a likeness is taken to have
ACROSS = 2.5  # times the deviation within one camera, between two
MOST = 4.0  # log-likelihood that no likeness goes beyond


@dataclass(slots=True)
class Spread:
    """Mean and deviation of a stream of numbers (Welford 1962)."""

    count: int = 0
    mean: float = 0.0
    square: float = 0.0  # mean squared distance from the mean

    def add(self, value: float) -> None:
        self.count = min(self.count + 1, FADING)
        step = value - self.mean
        self.mean += step / self.count
        self.square += (step * (value - self.mean) - self.square) / self.count

    @property
    def deviation(self) -> float:
        return float(max(self.square, 0.0) ** 0.5)


@dataclass(slots=True)
class Looks:
    """Cosine similarities of one person (the same track a moment later) and of two (two tracks in one picture).

    Each kind is taken as normal; what is more alike than one person usually is counts as that, and so at the other end.
    So it holds for any network or histogram, without a threshold that somebody has to choose.
    """

    one: Spread = field(default_factory=Spread)
    two: Spread = field(default_factory=Spread)

    def says(self, likeness: float, *, across: bool) -> float:
        """Log-likelihood that two appearances are one person, -4..4; 0 before enough is known. `across` two cameras or not."""
        if min(self.one.count, self.two.count) < ENOUGH or self.one.mean <= self.two.mean:
            return 0.0
        value = min(max(likeness, self.two.mean - self.two.deviation), self.one.mean)
        wider = ACROSS if across else 1.0
        return min(max(_normal(value, self.one, wider) - _normal(value, self.two, 1.0), -MOST), MOST)


def _normal(value: float, spread: Spread, wider: float) -> float:
    deviation = max(spread.deviation * wider, NARROW)
    return -(((value - spread.mean) / deviation) ** 2) / 2 - log(deviation)
