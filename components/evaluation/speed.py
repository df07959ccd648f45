"""How fast detectors are on the same frames, in turns, so that whatever else the machine does hits all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from components.contracts import Detector, Floats64, Frame
from components.evaluation.timing import Timing

ALONE = Timing(seconds=0.2, warm_up=1)  # enough to see how much memory it takes


@dataclass(frozen=True, slots=True)
class Speed:
    """Of one detector on single frames."""

    milliseconds: Floats64  # (rounds, frames)
    memory: float  # MB that the process has grown by at its peak, libraries aside; NaN: this system cannot tell

    @property
    def median(self) -> float:
        return float(np.median(self.milliseconds))

    def times_as_fast_as(self, other: Speed) -> float:
        """The median over frames and rounds of how much longer the other one took for the same frame in the same round."""
        return float(np.median(other.milliseconds / self.milliseconds))


def race(
    builders: Mapping[str, Callable[[], Detector]], frames: Sequence[Frame], *, rounds: int
) -> tuple[dict[str, Detector], dict[str, Speed]]:
    """The detectors, and how fast they are; each frame by itself, `rounds` times, in another order every time."""
    detectors, memory = dict[str, Detector](), dict[str, float]()
    for name, build in builders.items():
        detectors[name], memory[name] = _built(build, frames[:1])
    times = {name: np.zeros((rounds, len(frames))) for name in builders}
    names = list(builders)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            for i, frame in enumerate(frames):
                began = time.perf_counter()
                detectors[name].detect([frame])
                times[name][turn, i] = (time.perf_counter() - began) * 1000
    return detectors, {name: Speed(times[name], memory[name]) for name in names}


def _built(build: Callable[[], Detector], frames: Sequence[Frame]) -> tuple[Detector, float]:
    """What `build` makes, and how much memory (MB) that and a few frames take."""
    made: list[Detector] = []

    def serve() -> Callable[[Sequence[Frame]], object]:
        made.append(build())
        return made[0].detect

    memory = ALONE.measure(serve, frames, batch_size=1).memory
    return made[0], memory
