"""What a sweep shows: one line while it runs, a ranking at its end."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, overload

from rich.console import Console
from rich.live import Live
from rich.text import Text

from components.sweeps.diary import Diary, Result
from components.sweeps.ranking import Row
from flows import _progress, _tables

NOTE = 90  # characters of what is said of a point
SHOWN = 60  # rows of the ranking on the console; ranking.csv has all


class Whole:
    """How far all points together are, in one line."""

    def __init__(self, diary: Diary, total: int | None, *, maximize: bool, live: Live | None) -> None:
        self._total, self._live, self._maximize = total, live, maximize
        self._working: dict[int, str] = {}
        self._lock, self._said = threading.Lock(), time.monotonic()
        results = [entry.result for entry in diary.entries() if entry.result and entry.result.state != "failed"]
        self._ended = sum(result.state != "same" for result in results)
        self._failed = 0
        figures = [result.objective for result in results if result.objective is not None and result.state == "finished"]
        self._best = (max if maximize else min)(figures, default=None)

    def began(self, number: int) -> None:
        with self._lock:
            self._working[number] = ""

    def update(self, name: str, done: int, total: int) -> None:
        """How far the point called `name` is."""
        with self._lock:
            if int(name) in self._working:
                self._working[int(name)] = f" {100 * done // total} %" if total else f" {done:,}"
        self._say(_progress.EVERY)

    def ended(self, number: int, result: Result) -> None:
        with self._lock:
            self._working.pop(number, None)
            self._ended += result.state in ("finished", "pruned")
            self._failed += result.state == "failed"
            if result.state == "finished" and result.objective is not None:
                known = [one for one in (self._best, result.objective) if one is not None]
                self._best = max(known) if self._maximize else min(known)
        self._say(0)

    def line(self) -> str:
        total = f" of {self._total}" if self._total is not None else ""
        parts = [f"{self._ended}{total} runs"]
        parts += [f"{self._failed} failed"] if self._failed else []
        parts += [f"best {self._best:.4g}"] if self._best is not None else []
        parts += [f"at work: {', '.join(f'#{n}{share}' for n, share in sorted(self._working.items()))}"] if self._working else []
        return f"  sweep: {'; '.join(parts)}"

    def _say(self, every: float) -> None:
        if self._live is not None:
            self._live.update(Text(self.line()))
        elif time.monotonic() - self._said >= every:
            self._said = time.monotonic()
            print(self.line(), file=sys.stderr, flush=True)


class _Numbers(Sequence[str]):
    """The name of point n is its number: there is no telling how many there will be."""

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return str(index)

    def __len__(self) -> int:
        return sys.maxsize


@contextmanager
def whole(diary: Diary, total: int | None, messages: Any, *, maximize: bool) -> Iterator[Whole]:
    """One line on standard error that changes, or one now and then where that is no terminal."""
    live = Live(console=Console(stderr=True), transient=True) if sys.stderr.isatty() else None
    shown = Whole(diary, total, maximize=maximize, live=live)
    with live or _nothing(), _progress.pumped(messages, _Numbers(), shown):
        yield shown


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def ranking(title: str, rows: Sequence[Row], objective: str) -> None:
    """The ranking on standard output; of what differs, a column each."""
    keys = list(dict.fromkeys(key for row in rows for key in row.values))
    heads = ("rank", "point", objective, *keys, "run", "seconds", "")
    _tables.show(title, heads, [_cells(row, keys) for row in rows[:SHOWN]])


def _cells(row: Row, keys: Sequence[str]) -> list[_tables.Cell]:
    figure = "-" if row.objective is None else f"{row.objective:.4g}"
    place = str(row.rank) if row.rank else row.state
    values = (_short(row.values.get(key, "-")) for key in keys)
    return [place, f"#{row.number}", figure, *values, row.run[:8] or "-", row.seconds, _one_line(row.note)]


def _one_line(text: str) -> str:
    """What went wrong stands whole below the table."""
    line = " ".join(text.split())
    return line if len(line) <= NOTE else f"{line[: NOTE - 3]}..."


def _short(value: str) -> str:
    """Numbers of a search in four digits; a run's config has them all."""
    try:
        return f"{float(value):.4g}" if "." in value or "e" in value else value
    except ValueError:
        return value
