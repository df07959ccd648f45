"""Which frames teach, which choose between epochs, and which examine: strategies to share a dataset out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Literal, Protocol

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from components.contracts import InputError, Ints, SplitName
from components.datasets.leaks import NAMES, Leaks

Codes = NDArray[np.int8]  # positions in NAMES
Share = Annotated[float, Interval(ge=0, le=1)]
MINUTE = 60_000_000_000  # ns


@dataclass(frozen=True, slots=True)
class Whole:
    """What there is to share out."""

    period: tuple[int, int]  # fleet time that the footage covers, ns
    views: Mapping[tuple[str, str], int]  # camera and version -> frames that are kept


class Splitter(Protocol):
    """Says which split frames are in; a pure function, so that everybody who asks gets the same answer."""

    leaks: Leaks

    def of(self, camera: str, version: str, times: Ints, whole: Whole) -> Codes: ...  # of one view at `times`


@dataclass(frozen=True, slots=True)
class ByTime:
    """Shares of the time that the footage covers: first train, then val, then test.

    Splitting by time keeps a walk through the ward, seen by several cameras, in one split.
    """

    train: Share
    val: Share
    test: Share
    leaks: Leaks = field(default_factory=Leaks)

    def __post_init__(self) -> None:
        _check(self.train, self.val, self.test)

    def of(self, camera: str, version: str, times: Ints, whole: Whole) -> Codes:  # noqa: ARG002 - the contract's arguments
        start, end = whole.period
        share = (times - start) / max(1, end - start)
        return _shared(share, self.train, self.val)


@dataclass(frozen=True, slots=True)
class ByBlock:
    """Blocks of `minutes` (counted in fleet time since 1970) are dealt out by a hash of their number and `seed`.

    A block is in the same split for all cameras, and in every dataset that is ever made with these numbers: what one model was
    examined on, the next one does not learn. All hours of the day come into all splits.
    """

    minutes: Annotated[float, Interval(ge=0.05, le=100_000)]
    train: Share
    val: Share
    test: Share
    seed: int = 0
    leaks: Leaks = field(default_factory=Leaks)

    def __post_init__(self) -> None:
        _check(self.train, self.val, self.test)

    def of(self, camera: str, version: str, times: Ints, whole: Whole) -> Codes:  # noqa: ARG002 - the contract's arguments
        blocks, where = np.unique(times // round(self.minutes * MINUTE), return_inverse=True)
        shares = np.array([_chance(f"{self.seed} {block}") for block in blocks.tolist()], np.float64)
        return _shared(shares[where], self.train, self.val)


@dataclass(frozen=True, slots=True)
class ByCamera:
    """Whole cameras are held out: how well does a model do where it never was? Tracks and likeness end where a camera ends.

    `named` says of cameras, by name, where they go; the others fill the shares, in an order that their names and `seed` decide.
    With `each` version the views of a camera that was moved are dealt out one by one.
    """

    train: Share
    val: Share
    test: Share
    seed: int = 0
    each: Literal["camera", "version"] = "camera"
    named: dict[str, SplitName] = field(default_factory=dict)
    leaks: Leaks = field(default_factory=Leaks)

    def __post_init__(self) -> None:
        _check(self.train, self.val, self.test)

    def of(self, camera: str, version: str, times: Ints, whole: Whole) -> Codes:
        return np.full(len(times), self.dealt(whole)[self._unit(camera, version)], np.int8)

    def dealt(self, whole: Whole) -> dict[tuple[str, str], int]:
        """Each camera, or version of one, goes to the split that lacks most of its share."""
        sizes: dict[tuple[str, str], int] = {}
        for view, frames in whole.views.items():
            sizes[self._unit(*view)] = sizes.get(self._unit(*view), 0) + frames
        self._known({name for name, _ in sizes})
        dealt = {unit: NAMES.index(self.named[unit[0]]) for unit in sizes if unit[0] in self.named}
        filled, wanted = np.zeros(3), np.array([self.train, self.val, self.test]) * sum(sizes.values())
        for unit in [*dealt, *sorted(sizes.keys() - dealt.keys(), key=lambda unit: (_chance(f"{self.seed} {unit[0]}"), unit))]:
            code = dealt.setdefault(unit, int(np.argmax(wanted - filled)))
            filled[code] += sizes[unit]
        return dealt

    def _unit(self, camera: str, version: str) -> tuple[str, str]:
        return camera, version if self.each == "version" else ""

    def _known(self, cameras: set[str]) -> None:
        if absent := sorted(self.named.keys() - cameras):
            raise InputError(
                f"splits.named has {', '.join(absent)}, and no frame is from there; expected names of cameras such as "
                f"{', '.join(sorted(cameras))}"
            )


def _check(*shares: float) -> None:
    if abs(sum(shares) - 1) > 1e-9 or min(shares) < 0:
        raise InputError(f"splits are {shares[0]}, {shares[1]} and {shares[2]}; expected shares that add up to 1")


def _shared(places: NDArray[np.float64], train: float, val: float) -> Codes:
    """The split of each place between 0 and 1."""
    return (places >= train).astype(np.int8) + (places >= train + val).astype(np.int8)


def _chance(text: str) -> float:
    """A number from 0 to 1 that only the text decides."""
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big") / 2**64
