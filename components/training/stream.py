"""Batches of a split that is read while it is shown: from a folder or an object store, in any number of processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch.utils.data import IterableDataset, get_worker_info

from components.contracts import InputError, Ints, Sample
from components.networks import Batch, Picture
from components.training.course import Course, Pass, runs
from components.training.pictures import Refused, Variation, collate, fitted_picture
from components.training.ranks import ALONE, Rank

READS = 4  # that a process has under way at a time


class Encoded(Protocol):
    """A sample that is still to be decoded."""

    def decode(self) -> Sample: ...


@runtime_checkable
class Fetching(Protocol):
    """Samples that can be read many at a time, undecoded; neighbours in one go."""

    def __len__(self) -> int: ...

    def fetch(self, positions: Sequence[int]) -> list[Any]: ...  # of Encoded


@dataclass(frozen=True, slots=True)
class Preparation:
    """What becomes of a sample before it is shown: a function of (seed, epoch, position) and of the pool it is in alone."""

    size: tuple[int, int]
    min_visibility: float
    variation: Variation | None

    def __call__(self, position: int, epoch: int, pool: Mapping[int, Encoded]) -> Picture:
        """Sample `position` of `pool`, which is in order; others for mosaics come from there too, as they are at hand."""
        if self.variation is None:
            return self._read(pool[position])
        picture = self._read(pool[position])
        return self.variation(picture, epoch=epoch, index=position, known=list(pool), read=lambda at: self._read(pool[at]))

    def _read(self, encoded: Encoded) -> Picture:
        return fitted_picture(encoded.decode(), self.size, self.min_visibility)


class Stream(IterableDataset[Batch | Refused]):
    """Epochs of `length` batches of an endless course. What a frame is refused for comes as `Refused`, and is the end.

    In memory are the encoded samples of two pools for each lane, over all workers, and a batch. The same course gives the same
    batches for every number of workers that divides its lanes; the store is opened by the process that reads. `length` counts
    the batches of this `rank`.
    """

    def __init__(self, samples: Fetching, course: Course, preparation: Preparation, *, length: int, rank: Rank = ALONE) -> None:
        self.samples, self.course, self.preparation, self.length, self.rank = samples, course, preparation, length, rank
        self._at = torch.zeros(2, dtype=torch.int64)  # epoch and first batch
        self._at.share_memory_()  # type: ignore[no-untyped-call] # workers that live on see it too

    def begin(self, epoch: int, batch: int) -> None:
        """Where the next iteration begins; `batch` counts those of this rank."""
        self._at[0], self._at[1] = epoch, batch

    def __iter__(self) -> Iterator[Batch | Refused]:
        worker = get_worker_info()
        number, count = (worker.id, worker.num_workers) if worker else (0, 1)
        epoch, first = self._at.tolist()
        with ThreadPoolExecutor(READS, thread_name_prefix="reads") as threads:
            reader = _Reader(self, threads, epoch, count)
            try:
                yield from map(reader.batch, range(first + number, self.length, count))
            except InputError as error:
                yield Refused(str(error))
            finally:
                threads.shutdown(wait=False, cancel_futures=True)


class _Reader:
    """One process's part of one epoch."""

    def __init__(self, stream: Stream, threads: ThreadPoolExecutor, epoch: int, step: int) -> None:
        self._stream, self._threads, self._epoch, self._step = stream, threads, epoch, step
        self._pass = Pass(stream.course, -1)
        self._here: dict[int, tuple[int, dict[int, Any]]] = {}  # lane -> number of its pool, samples by position
        self._coming: dict[tuple[int, int], list[Future[dict[int, Any]]]] = {}  # (lane, number) -> reads of a pool

    def batch(self, number: int) -> Batch:
        """Batch `number` of the epoch, of those of this rank."""
        course, rank = self._stream.course, self._stream.rank
        at = self._epoch * self._stream.length * rank.count + rank.overall(number)
        lap, within = divmod(at, course.batches)
        if lap != self._pass.number:
            self._pass, self._here, self._coming = Pass(course, lap), {}, {}
        positions = self._pass.batch(within)
        found = self._found(within, positions)
        prepared = [self._stream.preparation(position, self._epoch, found) for position in positions.tolist()]
        batch = collate(prepared)
        assert isinstance(batch, Batch)
        return batch

    def _found(self, within: int, positions: Ints) -> dict[int, Any]:
        course = self._stream.course
        lane, at = within % course.lanes, within // course.lanes * course.batch
        if within >= course.rounds * course.lanes:
            return _gathered(self._reads(positions))
        number = at // course.mixed
        if self._here.get(lane, (-1,))[0] != number:
            self._here.pop(lane, (0, {}))  # before the next one is there: it may be large
            key = lane, number
            reads = self._coming.pop(key) if key in self._coming else self._reads(self._pass.pool(lane, number))
            self._here[lane] = number, _gathered(reads)
            self._look_ahead(lane, number + 1)
        return self._here[lane][1]

    def _look_ahead(self, lane: int, number: int) -> None:
        """Begin to read a lane's next pool, if the epoch comes as far."""
        course = self._stream.course
        first = number * course.mixed // course.batch  # round in which the pool begins
        end = (self._epoch + 1) * self._stream.length * self._stream.rank.count
        in_epoch = (self._pass.number * course.batches + first * course.lanes + lane) < end
        if first < course.rounds and in_epoch:
            self._coming[lane, number] = self._reads(self._pass.pool(lane, number))

    def _reads(self, positions: Ints) -> list[Future[dict[int, Any]]]:
        return [self._threads.submit(self._fetch, run.tolist()) for run in runs(positions)]

    def _fetch(self, positions: list[int]) -> dict[int, Any]:
        return dict(zip(positions, self._stream.samples.fetch(positions), strict=True))


def _gathered(reads: Sequence[Future[dict[int, Any]]]) -> dict[int, Any]:
    return {position: encoded for read in reads for position, encoded in read.result().items()}
