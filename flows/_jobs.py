"""One piece of a flow's work: what it is told, what became of it, and where it may be done."""

from __future__ import annotations

import importlib
import os
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from annotated_types import Ge

from components.contracts import InputError, Progress
from flows import _refusals
from flows._progress import reporter

Work = Callable[[dict[str, Any], Progress], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: plain data in, plain data out."""

    name: str
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a job: a result, or the reason why there is none."""

    name: str
    result: dict[str, Any]
    problem: str = ""
    trace: str = ""  # of an error that nobody foresaw


@dataclass(frozen=True, slots=True)
class Runner:
    """How many workers of which kind; the schema of conf/runner."""

    kind: Literal["local", "threads", "processes", "dask", "ray"]
    workers: Annotated[int, Ge(1)] | None = None  # None: one per core
    address: str | None = None  # of a cluster that is there; None: one on this machine, which lives as long as the run
    retries: Annotated[int, Ge(0)] = 3  # how often a cluster begins a job again whose worker died

    def __post_init__(self) -> None:
        if self.address and not self.clustered:
            raise ValueError(f"address={self.address!r} is of a cluster, which runner={self.kind} has none of; leave it out")

    @property
    def clustered(self) -> bool:
        return self.kind in ("dask", "ray")

    def size(self, jobs: int) -> int:
        """How many jobs go on at once; a cluster with an address decides that itself."""
        if self.address:
            return max(1, jobs)
        return 1 if self.kind == "local" else max(1, min(jobs, self.workers or os.cpu_count() or 1))


def called(module: str, name: str, job: Job, messages: Any, index: int) -> Done:
    """In the worker: call the function and turn what it raises into a sentence."""
    work: Work = getattr(importlib.import_module(module), name)
    try:
        return Done(job.name, work(dict(job.spec), reporter(messages, index)))
    except InputError as error:
        return Done(job.name, {}, problem=str(error))
    except Exception as error:  # the other jobs go on whatever happens here
        problem = _refusals.sentence(error) or f"unexpected {type(error).__name__}: {error}"
        return Done(job.name, {}, problem=problem, trace=traceback.format_exc())
