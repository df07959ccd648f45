"""Runs the pieces of a flow side by side: configs travel to the workers, components are built there."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.managers import SyncManager
from typing import Any

from flows import _clusters, _prefect
from flows._jobs import Done, Job, Runner, Work, called
from flows._post import Post
from flows._progress import board, pumped

__all__ = ["Done", "Job", "Runner", "each", "failures_of", "staffed"]

Again = Callable[[Job, Done], Job | None]


def each(work: Work, jobs: Sequence[Job], runner: Runner, *, again: Again = lambda _job, _done: None) -> list[Done]:
    """The outcome of every job, in order. A job that fails does not touch the others; `again` may say what to do then."""
    if not jobs:
        return []
    names = [job.name for job in jobs]
    address, size = _address(work), runner.size(len(jobs))
    with (
        _crew(runner, len(jobs)) as crew,
        board(work.__name__, len(jobs)) as shown,
        pumped(crew.messages, names, shown),
    ):

        def run(job: Job) -> Done:
            done = crew.run(*address, job, names.index(job.name))
            following = again(job, done)
            return run(following) if following else done

        return _prefect.mapped(run, jobs, work.__name__) or _side_by_side(run, jobs, size)


def failures_of(outcomes: Sequence[Done]) -> dict[str, str]:
    """What went wrong, by name; traces of what nobody foresaw go to standard error when WARDFLOW_TRACE is set."""
    if os.environ.get("WARDFLOW_TRACE"):
        for done in outcomes:
            print(done.trace, file=sys.stderr)
    return {done.name: done.problem for done in outcomes if done.problem}


def _side_by_side(run: Callable[[Job], Done], jobs: Sequence[Job], size: int) -> list[Done]:
    if size == 1:
        return [run(job) for job in jobs]
    waiting, done = queue.SimpleQueue[tuple[int, Job]](), queue.SimpleQueue[tuple[int, Done | BaseException]]()
    for numbered in enumerate(jobs):
        waiting.put(numbered)
    for _ in range(size):  # nobody waits for these when the program ends: an interrupt is obeyed whatever they are doing
        threading.Thread(target=_busy, args=(run, waiting, done), daemon=True).start()
    try:
        outcomes = dict(done.get() for _ in jobs)
    except BaseException:
        _dismissed(waiting)
        raise
    if errors := [one for one in outcomes.values() if isinstance(one, BaseException)]:
        raise errors[0]
    return [outcomes[i] for i in range(len(jobs))]  # type: ignore[misc]


def _busy(run: Callable[[Job], Done], waiting: Any, done: Any) -> None:
    """In a thread: one job after the other until none is left."""
    with suppress(queue.Empty):
        while True:
            i, job = waiting.get_nowait()
            try:
                done.put((i, run(job)))
            except BaseException as error:
                done.put((i, error))


def _dismissed(waiting: Any) -> None:
    """No job is begun any more, and workers are told to end: whoever interrupts with `kill` tells the parent only."""
    with suppress(queue.Empty):
        while True:
            waiting.get_nowait()
    for child in multiprocessing.active_children():
        with suppress(OSError):
            os.kill(child.pid or os.getpid(), signal.SIGINT)


def _address(work: Work) -> tuple[str, str]:
    """Module and name of a function, also where its module runs as the program."""
    module = work.__module__
    if module == "__main__":
        spec = sys.modules["__main__"].__spec__
        module = spec.name if spec else module
    return module, work.__qualname__


class Here:
    """This process does the work itself, in the thread that asks."""

    def __init__(self) -> None:
        self.messages: queue.Queue[Any] = queue.Queue()

    def run(self, module: str, name: str, job: Job, index: int) -> Done:
        """The outcome of one job."""
        return called(module, name, job, self.messages, index)


class Processes:
    """Worker processes, each in a pool of its own: one that is killed takes its job with it, and no other."""

    def __init__(self, size: int, messages: Any) -> None:
        self.messages = messages
        self._idle: queue.SimpleQueue[ProcessPoolExecutor] = queue.SimpleQueue()
        self._size = size
        for _ in range(size):
            self._idle.put(_hired())

    def run(self, module: str, name: str, job: Job, index: int) -> Done:
        """The outcome of one job in the next worker that is free."""
        pool = self._idle.get()
        try:
            with _deaf():
                future = pool.submit(called, module, name, job, self.messages, index)
            return future.result()
        except BrokenProcessPool:
            pool = _hired()
            gone = "its worker process died (killed, or out of memory?); run the command again, it goes on from here"
            return Done(job.name, {}, problem=gone)
        finally:
            self._idle.put(pool)

    def close(self) -> None:
        for _ in range(self._size):
            self._idle.get().shutdown()


def _hired() -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")  # s3fs, torch and BLAS threads do not survive a fork
    return ProcessPoolExecutor(1, mp_context=context, initializer=_begin)


def _begin() -> None:
    """In a worker: say nothing when the user interrupts, its parent does."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    _follow_parent()


def _follow_parent() -> None:
    """In any process of ours: end with the one that began it, however that ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a child follows"

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def _deaf() -> Iterator[None]:
    """A process that begins inside hears of an interrupt when it is ready for it, not while it is importing."""
    resource_tracker.ensure_running()  # starting it later would lift the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _crew(runner: Runner, jobs: int) -> Iterator[_clusters.Crew]:
    """Whoever does the jobs; one job alone is done here, unless a cluster was named for it."""
    size = runner.size(jobs)
    if runner.address or (runner.clustered and size > 1):
        with _clusters.joined(runner, jobs) as cluster:
            yield cluster
    elif runner.kind == "processes" and size > 1:
        with staffed(size) as crew:
            yield crew
    else:
        yield Here()


@contextmanager
def staffed(size: int) -> Iterator[Processes]:
    """`size` worker processes, also for work that is not known beforehand."""
    with _queue() as messages:
        crew = Processes(size, messages)
        try:
            yield crew
        finally:
            crew.close()


@contextmanager
def _queue() -> Iterator[Any]:
    """Where other processes put their progress."""
    manager = SyncManager(ctx=multiprocessing.get_context("spawn"))
    with _deaf():
        manager.start(_follow_parent)
    with manager:
        yield Post(manager.Queue())
