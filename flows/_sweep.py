"""Carries a sweep out: one point after the other, or side by side, until the search has no more, and again after a kill."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from components.contracts import InputError, digest_of
from components.sweeps.diary import Diary, Entry, Point, Result
from components.sweeps.space import Search, Values
from flows import _family, _sweep_shown
from flows._space import Space
from flows._workers import Job, Runner, staffed

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
HEARD = 0.25  # s after which an interrupt is heard that the system has given to a thread of some library
SAME = 50  # points in a row whose effective config was there before, after which there is nothing new


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """How a space is gone through; the schema of conf/sweep."""

    search: Search
    space: dict[str, Any] = field(default_factory=dict)
    objective: str | None = None
    direction: Literal["maximize", "minimize"] = "maximize"
    on_failure: Literal["stop", "continue"] = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A sweep that was checked, ready to be carried out."""

    flow: str
    space: Space
    sweep: Sweep
    search: dict[str, Any]  # the spec of sweep.search, for workers
    diary: Diary
    runner: Runner
    parent: str  # run id in the ledger
    total: int | None  # runs at most
    digest: Callable[[list[str]], str]  # of the effective config of a run with these words
    entered: Callable[[Point, Result], Result]  # notes a run's end in the ledger


class Driver:
    """What the threads that follow the workers share."""

    def __init__(self, task: Task, shown: _sweep_shown.Whole) -> None:
        self.task, self.shown = task, shown
        self._lock = threading.Lock()
        self._left: list[Entry] = _unfinished(task.diary)
        self._stopped = False

    def next(self) -> Point | None:
        """A point that has to be run now: first those that a killed sweep has left."""
        with self._lock:
            if self._stopped:
                return None
            if self._left:
                return self._left.pop(0).point
            for _ in range(SAME):
                entries = self.task.diary.entries()
                values = self._proposed()
                if values is None:
                    return None
                point = self._point(len(entries) + 1, values)
                self.task.diary.begin(point)
                twin = next((entry for entry in entries if entry.point.digest == point.digest), None)
                if twin is None:
                    return point
                self.task.diary.end(point, _same(twin))
            return None

    def end(self, point: Point, result: Result) -> None:
        with self._lock:
            if self._stopped and result.state == "failed":  # interrupted; it is run when the sweep goes on
                return
            result = self._judged(self.task.entered(point, result))
            self.task.diary.end(point, result)
            self.shown.ended(point.number, result)
            self._stopped |= result.state == "failed" and self.task.sweep.on_failure == "stop"

    def _judged(self, result: Result) -> Result:
        """A run without the figure that ranks is a failure, and so will the others be: nothing more is begun."""
        sweep = self.task.sweep
        needed = sweep.objective is not None or sweep.search.size is not None
        if result.state != "finished" or result.objective is not None or not needed:
            return result
        self._stopped = True
        known = ", ".join(sorted(name for name in result.figures if "." not in name))
        problem = f"sweep.objective={sweep.objective or 'null'}: the run gave no such figure; expected one of {known}"
        return replace(result, state="failed", problem=problem)

    def stop(self) -> None:
        """Begin nothing more, and take no worker's death for a failure."""
        self._stopped = True

    def _proposed(self) -> Values | None:
        sweep = self.task.sweep
        return sweep.search.next(
            self.task.space.axes, self.task.diary.trials(), maximize=sweep.direction == "maximize"
        )  # fmt: skip

    def _point(self, number: int, values: Values) -> Point:
        try:
            digest = self.task.digest(self.task.space.words(values))
        except InputError:  # its run will say what is wrong
            digest = digest_of(["refused", self.task.flow, dict(values)])
        return Point(number=number, values=dict(values), digest=digest)


def carry_out(task: Task) -> None:
    """Run every point that has no end yet. An interrupt ends the workers at once; what was finished is kept."""
    size = task.runner.size(os.cpu_count() or 1)
    with _bounded(size), staffed(size) as crew, _progress_of(task, crew.messages) as shown:
        driver = Driver(task, shown)

        def follow() -> None:
            while (point := driver.next()) is not None:
                shown.began(point.number)
                job = Job(f"#{point.number}", _spec(task, point))
                done = crew.run("flows._point", "carried_out", job, point.number)
                driver.end(point, Result(**done.result) if done.result else Result(state="failed", problem=done.problem))

        with ThreadPoolExecutor(size) as threads:
            futures = [threads.submit(follow) for _ in range(size)]
            try:
                while wait(futures, HEARD, FIRST_EXCEPTION).not_done:
                    _raised(futures)
                _raised(futures)
            except BaseException:  # an interrupt, or a ledger that is away
                driver.stop()
                _end_workers()
                raise


def _raised(futures: Sequence[Future[None]]) -> None:
    """Raise what one of those that ended has raised."""
    for one in futures:
        if one.done():
            one.result()


def _progress_of(task: Task, messages: Any) -> AbstractContextManager[_sweep_shown.Whole]:
    return _sweep_shown.whole(task.diary, task.total, messages, maximize=task.sweep.direction == "maximize")


@contextmanager
def _bounded(size: int) -> Iterator[None]:
    """Libraries in a worker that begins inside compute with a fair share of the cores, unless the environment says how many."""
    share = str(max(1, (os.cpu_count() or 1) // size))
    added = [name for name in THREADS if size > 1 and name not in os.environ]
    os.environ.update(dict.fromkeys(added, share))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _end_workers() -> None:
    for child in multiprocessing.active_children():
        with suppress(OSError):
            os.kill(child.pid or os.getpid(), signal.SIGINT)


def _spec(task: Task, point: Point) -> dict[str, Any]:
    child = _family.Child(
        parent=task.parent, number=point.number, objective=task.sweep.objective,
        maximize=task.sweep.direction == "maximize", search=task.search, diary=str(task.diary.folder),
    )  # fmt: skip
    return {
        "flow": task.flow, "words": task.space.words(point.values), "folder": str(task.diary.home(point.number)),
        "child": asdict(child),
    }  # fmt: skip


def _unfinished(diary: Diary) -> list[Entry]:
    """Points that were begun and have no end, and those that failed: both are run again."""
    return [entry for entry in diary.entries() if entry.result is None or entry.result.state == "failed"]


def _same(twin: Entry) -> Result:
    """The end of a point that another one comes to as well."""
    return Result(state="same", same_as=twin.point.number)
