"""What can go wrong with a simulated camera, each between two moments of its footage."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from components.contracts import Bgr, InputError
from components.sources.optics import Pose

SECOND = 10**9  # nanoseconds
FOREVER = 1e9  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A camera that works; faults replace what they spoil. `after` and `until` are seconds since the camera's start."""

    after: float = 0.0
    until: float = FOREVER

    def __post_init__(self) -> None:
        if not 0 <= self.after < self.until:
            name = type(self).__name__
            raise InputError(
                f"fault {name}: after is {self.after}, until is {self.until}: expected 0 <= after < until, in seconds"
            )

    def active(self, elapsed: int) -> bool:
        """Whether the fault is there `elapsed` ns after the camera's start."""
        return self.after * SECOND <= elapsed < self.until * SECOND

    def seen(self, elapsed: int) -> int:
        """Whose moment's picture is delivered, as ns since the start."""
        return elapsed

    def delivers(self, index: int) -> bool:  # noqa: ARG002
        """Whether native frame `index` arrives at all."""
        return True

    def clock(self, elapsed: int) -> int:  # noqa: ARG002
        """How much the camera's clock is ahead, ns."""
        return 0

    def pose(self, pose: Pose) -> Pose:
        """Where the camera really looks."""
        return pose

    def spoil(self, image: Bgr) -> Bgr:
        """What the picture has become."""
        return image

    def shows(self) -> bool:
        """Whether anybody can be seen."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Blur(Fault):
    """Out of focus, or a smeared lens: a Gaussian of `sigma` pixels."""

    sigma: float = 4.0

    def spoil(self, image: Bgr) -> Bgr:
        return cv2.GaussianBlur(image, (0, 0), self.sigma).astype(np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blackout(Fault):
    """Covered, or without light: almost black, with what noise is left."""

    def spoil(self, image: Bgr) -> Bgr:
        return (image // 40).astype(np.uint8)

    def shows(self) -> bool:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen(Fault):
    """The same picture, bit for bit, while the clock goes on."""

    def seen(self, elapsed: int) -> int:  # noqa: ARG002
        return round(self.after * SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped(Fault):
    """A share of the frames never arrives."""

    share: float = 0.3

    def delivers(self, index: int) -> bool:
        return _chance(index) >= self.share


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset(Fault):
    """A clock that is `seconds` ahead; behind where negative."""

    seconds: float = 2.0

    def clock(self, elapsed: int) -> int:  # noqa: ARG002
        return round(self.seconds * SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDrift(Fault):
    """A clock that runs fast by `ppm` millionths; slow where negative. What has built up stays until the fault ends."""

    ppm: float = 200.0

    def clock(self, elapsed: int) -> int:
        return round((elapsed - self.after * SECOND) * self.ppm / 1e6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocked(Fault):
    """Pushed to a new pose: degrees to the right, upwards and clockwise. The registry does not know."""

    pan: float = 12.0
    tilt: float = -4.0
    roll: float = 3.0

    def pose(self, pose: Pose) -> Pose:
        return replace(pose, knock=(self.pan, self.tilt, self.roll))


def _chance(number: int) -> float:
    """0 <= chance < 1 that looks random, the same for a number on every machine (splitmix64)."""
    mixed = (number + 1) * 0x9E3779B97F4A7C15 % 2**64
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
    return (mixed ^ mixed >> 31) / 2**64
