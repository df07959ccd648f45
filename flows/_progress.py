"""Progress of work that runs in other threads and processes: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from components.contracts import Progress as Report
from flows import _artifacts

EVERY = 10.0  # seconds between two lines about the same work where there is no terminal


class Board(Protocol):
    """Shows how far each piece of work is."""

    def update(self, name: str, done: int, total: int) -> None: ...


class Lines:
    """One line per piece of work, at most every `EVERY` seconds; from the second one on with the pace since the last."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._done: dict[str, int] = {}

    def update(self, name: str, done: int, total: int) -> None:
        now = time.monotonic()
        before = self._last.setdefault(name, now - EVERY / 2)
        if now - before < EVERY:
            return
        known = self._done.get(name)
        self._last[name], self._done[name] = now, done
        share = f"{100 * done // total:3d} %  " if total else ""
        anew = known is None or done < known  # as after its process died
        pace = "" if anew else f", {per_second((done - (known or 0)) / (now - before))}"
        print(f"  {name}: {share}{done:,}{f' of {total:,}' if total else ''}{pace}", file=sys.stderr, flush=True)


class Pace(ProgressColumn):
    """How many a second, of late."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else per_second(task.speed))


def per_second(pace: float) -> str:
    """`38/s`, and what is slower than ten with a digit more."""
    return f"{pace:,.0f}/s" if pace >= 10 else f"{pace:.1f}/s"


class Bars:
    """One bar per piece of work."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}

    def update(self, name: str, done: int, total: int) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total or None)
        self._progress.update(self._tasks[name], completed=done, total=total or None)


class Relay:
    """Tells somebody else how far all pieces of work together are."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._shares: dict[str, tuple[int, int]] = {}

    def update(self, name: str, done: int, total: int) -> None:
        self._shares[name] = done, total
        self._report(sum(done for done, _ in self._shares.values()), sum(total for _, total in self._shares.values()))


_listener: ContextVar[Report | None] = ContextVar("listener", default=None)


@contextmanager
def told(report: Report) -> Iterator[None]:
    """While the block runs, progress is told to `report` and not shown."""
    before = _listener.set(report)
    try:
        yield
    finally:
        _listener.reset(before)


class Both:
    """Shows progress in two places."""

    def __init__(self, first: Board, second: Board) -> None:
        self._boards = first, second

    def update(self, name: str, done: int, total: int) -> None:
        for board in self._boards:
            board.update(name, done, total)


@contextmanager
def board(name: str, pieces: int) -> Iterator[Board]:
    """The way of showing progress of `pieces` that fits, and in Prefect where a flow run goes on."""
    with _artifacts.bar(name, pieces) as bar, _own_board() as own:
        yield Both(own, bar) if bar else own


@contextmanager
def _own_board() -> Iterator[Board]:
    """To whoever listens, else on standard error."""
    if (report := _listener.get()) is not None:
        yield Relay(report)
        return
    if not sys.stderr.isatty():
        yield Lines()
        return
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), Pace(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bars(progress)


@contextmanager
def pumped(messages: Any, names: Sequence[str], shown: Board) -> Iterator[None]:
    """While the block runs, what arrives in the queue `messages` as (index, done, total) is shown."""
    stop = threading.Event()

    def pump() -> None:
        while True:
            try:
                index, done, total = messages.get(timeout=0.2)
            except queue.Empty:
                if stop.is_set():  # not before everything has been shown
                    return
                continue
            except (EOFError, OSError):  # the manager process is gone: an interrupt ended it first
                return
            shown.update(names[index], done, total)

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def reporter(messages: Any, index: int, every: float = 0.5) -> Report:
    """A progress callback for one piece of work; says nothing more often than `every` seconds, but always the end."""
    last = [0.0]

    def report(done: int, total: int) -> None:
        now = time.monotonic()
        if now - last[0] >= every or (total and done >= total):
            last[0] = now
            with suppress(EOFError, OSError):  # whoever listened was killed; the work goes on
                messages.put((index, done, total))

    return report
