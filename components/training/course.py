"""In which order a split is shown that is too large for memory: mixed, but read in runs of neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from components.contracts import Ints, digest_of

LANES, CHUNK, POOL = 8, 16, 128
FINE = 64  # a split is cut into at least so many chunks, where it has as many samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Passes over `count` samples in batches of `batch`: a function of these fields, whoever reads and wherever one begins.

    A pass puts chunks of neighbours in a random order, and deals the result to `lanes`. A lane takes `pool` samples at a time and
    mixes them; batch k comes from lane k % lanes. What does not fill all lanes comes at the end of the pass. With a number of
    workers that divides `lanes`, no two need the same pool.
    """

    count: int
    batch: int
    seed: int
    lanes: int = LANES
    chunk: int = CHUNK  # samples that one range read gives
    pool: int = POOL  # samples that are mixed; a reader holds two pools for each of its lanes

    @property
    def batches(self) -> int:
        """In one pass; the last may be smaller."""
        return -(-self.count // self.batch)

    @property
    def rounds(self) -> int:
        """Batches that every lane has."""
        return self.count // (self.lanes * self.batch)

    @property
    def mixed(self) -> int:
        """Samples in a pool: whole batches."""
        return max(1, self.pool // self.batch) * self.batch


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass of a course."""

    course: Course
    number: int
    _order: Ints = field(init=False)  # chunks as they come
    _starts: Ints = field(init=False)  # samples before each of them, and at last all
    _size: int = field(init=False)  # samples in a chunk

    def __post_init__(self) -> None:
        course = self.course
        size = max(1, min(course.chunk, course.count // FINE))
        order = self._random(-1).permutation(-(-course.count // size))
        lengths = np.minimum(size, course.count - order * size)
        for name, value in (("_order", order), ("_starts", np.concatenate([[0], np.cumsum(lengths)])), ("_size", size)):
            object.__setattr__(self, name, value)

    def batch(self, number: int) -> Ints:
        """Positions in the split of the samples of one batch, as they are shown."""
        course = self.course
        if number >= course.rounds * course.lanes:
            first = (number - course.rounds * course.lanes) * course.batch
            return self.tail()[first : first + course.batch]
        at = number // course.lanes * course.batch
        pool = self.pool(number % course.lanes, at // course.mixed)
        return pool[at % course.mixed : at % course.mixed + course.batch]

    def pool(self, lane: int, number: int) -> Ints:
        """Positions of the samples of a lane's pool, as they are shown."""
        length = self.course.rounds * self.course.batch
        first, last = number * self.course.mixed, min((number + 1) * self.course.mixed, length)
        return self._random(lane, number).permutation(self._dealt(lane * length + first, lane * length + last))

    def tail(self) -> Ints:
        """Positions of what is left when all lanes are equally full."""
        dealt = self.course.rounds * self.course.batch * self.course.lanes
        return self._random(-2).permutation(self._dealt(dealt, self.course.count))

    def _dealt(self, first: int, last: int) -> Ints:
        """The samples from `first` until before `last` of all chunks in their order."""
        at = np.arange(first, last)
        chunks = np.searchsorted(self._starts, at, side="right") - 1
        return np.asarray(self._order[chunks] * self._size + at - self._starts[chunks], np.int64)

    def _random(self, *parts: int) -> np.random.Generator:
        return np.random.default_rng(int(digest_of([self.course.seed, self.number, *parts])[:15], 16))


def runs(positions: Ints) -> list[Ints]:
    """`positions` in order, cut where one does not follow the other: what should be read together."""
    ordered = np.sort(positions)
    return np.split(ordered, np.flatnonzero(np.diff(ordered) != 1) + 1) if len(ordered) else []
