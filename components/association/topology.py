"""How people get from one camera's view to another's: how probable that is, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log, pi, sqrt

FASTEST = 2.5  # m/s: nobody crosses a gap faster
USUAL = 1.2  # m/s: a walk
NEAR = 8.0  # metres: how far the next camera usually is
SPREAD = 0.6  # of the logarithm of a walk's duration
LINGER = 60.0  # seconds: mean time of those who stop between two views
TRUSTED = 5.0  # passages that weigh as much as what distance alone suggests
AREA = 20.0  # m2 that a camera sees


@dataclass(slots=True)
class Topology:
    """Learns from passages that are certain; before the first one it goes by distance. Bounded by the cameras' number squared."""

    passages: dict[tuple[str, str], int] = field(default_factory=dict)
    durations: dict[tuple[str, str], float] = field(default_factory=dict)  # mean of the logarithm of seconds

    def learn(self, before: str, after: str, seconds: float) -> None:
        """Somebody certainly went from the view of `before` to that of `after`, out of view for `seconds`."""
        pair = (before, after)
        count = self.passages[pair] = self.passages.get(pair, 0) + 1
        mean, value = self.durations.get(pair, 0.0), log(max(seconds, 0.1))
        self.durations[pair] = mean + (value - mean) / min(count, 50)

    def density(self, before: str, after: str, metres: float, seconds: float) -> float:
        """How probable it is, per second and square metre, that who left `before` shows up so far away so much later."""
        if seconds <= 0 or metres > FASTEST * seconds + 1.5:
            return 0.0
        return self._share(before, after, metres) * self._when(before, after, metres, seconds) / AREA

    def _share(self, before: str, after: str, metres: float) -> float:
        everywhere = sum(count for (start, _), count in self.passages.items() if start == before)
        suggested = exp(-metres / NEAR)
        return (self.passages.get((before, after), 0) + TRUSTED * suggested) / (everywhere + TRUSTED)

    def _when(self, before: str, after: str, metres: float, seconds: float) -> float:
        usual, count = log(metres / USUAL + 1), self.passages.get((before, after), 0)
        middle = (count * self.durations.get((before, after), 0.0) + TRUSTED * usual) / (count + TRUSTED)
        walk = exp(-(((log(seconds) - middle) / SPREAD) ** 2) / 2) / (seconds * SPREAD * sqrt(2 * pi))
        return 0.6 * walk + 0.4 * exp(-seconds / LINGER) / LINGER
