"""Runs the pieces of a flow side by side: configs travel to the workers, components are built there."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import queue
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from components.contracts import InputError, Progress
from flows import _prefect
from flows._progress import board, pumped, reporter

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

    kind: Literal["sequential", "threads", "processes"]
    workers: int | None = None  # None: one per core

    def size(self, jobs: int) -> int:
        return max(1, min(jobs, self.workers or os.cpu_count() or 1))


def each(work: Work, jobs: Sequence[Job], runner: Runner) -> list[Done]:
    """The outcome of every job, in order. A job that fails does not touch the others."""
    if not jobs:
        return []
    names = [job.name for job in jobs]
    with _queue(runner, len(jobs)) as messages, _executor(runner, len(jobs)) as executor, board() as shown:
        with pumped(messages, names, shown):
            address = _address(work)

            def run(job: Job) -> Done:
                index = names.index(job.name)
                future = executor.submit(_run, *address, job, messages, index) if executor else None
                return _result(future, job) if future else _run(*address, job, messages, index)

            return _prefect.mapped(run, jobs, work.__name__) or _side_by_side(run, jobs, runner)


def failures_of(outcomes: Sequence[Done]) -> dict[str, str]:
    """What went wrong, by name; traces of what nobody foresaw go to standard error when WARDFLOW_TRACE is set."""
    if os.environ.get("WARDFLOW_TRACE"):
        for done in outcomes:
            print(done.trace, file=sys.stderr)
    return {done.name: done.problem for done in outcomes if done.problem}


def _side_by_side(run: Callable[[Job], Done], jobs: Sequence[Job], runner: Runner) -> list[Done]:
    size = runner.size(len(jobs))
    if size == 1:
        return [run(job) for job in jobs]
    with ThreadPoolExecutor(size) as threads:
        return list(threads.map(run, jobs))


def _address(work: Work) -> tuple[str, str]:
    """Module and name of a function, also where its module runs as the program."""
    module = work.__module__
    if module == "__main__":
        spec = sys.modules["__main__"].__spec__
        module = spec.name if spec else module
    return module, work.__qualname__


def _run(module: str, name: str, job: Job, messages: Any, index: int) -> Done:
    """In the worker: call the function and turn what it raises into a sentence."""
    work: Work = getattr(importlib.import_module(module), name)
    try:
        return Done(job.name, work(dict(job.spec), reporter(messages, index)))
    except InputError as error:
        return Done(job.name, {}, problem=str(error))
    except Exception as error:  # the other jobs go on whatever happens here
        return Done(job.name, {}, problem=f"unexpected {type(error).__name__}: {error}", trace=traceback.format_exc())


def _result(future: Future[Done], job: Job) -> Done:
    try:
        return future.result()
    except BrokenProcessPool:
        return Done(
            job.name,
            {},
            problem="its worker process died (killed, or out of memory?); run the command again, it goes on from here",
        )


@contextmanager
def _queue(runner: Runner, jobs: int) -> Iterator[Any]:
    if runner.kind == "processes" and runner.size(jobs) > 1:
        with multiprocessing.get_context("spawn").Manager() as manager:
            yield manager.Queue()
    else:
        yield queue.Queue()


@contextmanager
def _executor(runner: Runner, jobs: int) -> Iterator[Executor | None]:
    """A pool of processes where the runner asks for one and there is more than one job for it."""
    if runner.kind != "processes" or runner.size(jobs) == 1:
        yield None
        return
    context = multiprocessing.get_context("spawn")  # s3fs, torch and BLAS threads do not survive a fork
    with ProcessPoolExecutor(runner.size(jobs), mp_context=context) as pool:
        yield pool
