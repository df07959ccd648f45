"""Batches on their way to a training: from this process or from others, from any place of an epoch on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from torch.utils.data import DataLoader
from torch.utils.data._utils.signal_handling import _remove_worker_pids  # type: ignore[attr-defined]

from components.contracts import InputError
from components.networks import Batch
from components.training.pictures import Refused


class Course(Protocol):
    """What decides which batches come: it can begin anywhere."""

    def begin(self, epoch: int, batch: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Epochs:
    """Who wants to know which epoch it is, under the name that Lightning knows."""

    sampler: Loader


class Loader:
    """The batches of `batches`, epoch by epoch. What a worker refuses is raised here, as one InputError.

    `state_dict` says how far an epoch is; a loader of the same course that is given it goes on with the next batch. Lightning
    puts it into its checkpoints.
    """

    def __init__(self, batches: DataLoader[Any], course: Course | None, *, length: int, name: str = "dataset") -> None:
        """`name` is what messages about the pictures call the dataset."""
        self.batches, self.course, self.length, self.name = batches, course, length, name
        self._epoch, self._batch = 0, 0

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Batch]:
        first = self._batch if self._batch < self.length else 0
        if self.course is not None:
            self.course.begin(self._epoch, first)
        self._batch = first
        batches = iter(self.batches)
        try:
            for batch in batches:
                if isinstance(batch, Refused):
                    raise InputError(named(batch.reason, self.name))
                self._batch += 1
                yield batch
        except (RuntimeError, EOFError, ConnectionError, FileNotFoundError) as error:
            if not _is_of_a_death(error, self.batches.num_workers):
                raise
            _end(batches)
            raise InputError(
                "training: a process that reads pictures died (killed, or out of memory?); lower trainer.workers or "
                "trainer.cache_mb, and run the command again: it goes on from here"
            ) from error

    @property
    def batch_sampler(self) -> Epochs:
        """Where Lightning looks for somebody to tell which epoch it is."""
        return Epochs(self)

    def set_epoch(self, epoch: int) -> None:
        if epoch != self._epoch:
            self._epoch, self._batch = epoch, 0

    def state_dict(self) -> dict[str, int]:
        return {"epoch": self._epoch, "batch": self._batch}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self._epoch, self._batch = state["epoch"], state["batch"]


def named(problem: str, name: str) -> str:
    """`problem` of `dataset:`, which by itself does not know its name."""
    return f"{name}:{problem.removeprefix('dataset:')}" if problem.startswith("dataset:") else problem


def _is_of_a_death(error: Exception, workers: int) -> bool:
    """Whether this is how it shows that a process has gone: torch notices, or a connection to what it held ends."""
    return "DataLoader worker" in str(error) or (workers > 0 and not isinstance(error, RuntimeError))


def _end(batches: Any) -> None:
    """Let go of all processes of an iterator now: until then torch raises again, anywhere, whenever any process ends."""
    with suppress(RuntimeError, ValueError, AttributeError):
        batches._worker_pids_set = False
        _remove_worker_pids(id(batches))
        batches._shutdown_workers()
