"""The record of the run that this process carries out: that it is there, and what is known of it before it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from components import secrets
from components.contracts import InputError
from components.database.runs import BEAT, Runs

_current: ContextVar[tuple[Runs, str] | None] = ContextVar("run", default=None)


@contextmanager
def kept(runs: Runs, run: str) -> Iterator[None]:
    """While the block runs, the database hears every few seconds that this process is there."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT):
            try:
                runs.beat(run)
            except InputError:  # the database is away; it hears of us when it is back
                continue

    thread = threading.Thread(target=beat, name="beat", daemon=True)
    thread.start()
    before = _current.set((runs, run))
    try:
        yield
    finally:
        _current.reset(before)
        ended.set()
        thread.join(BEAT)


def say(**facts: Any) -> None:
    """Add to the record what others should know while the run is going on; without a record there is nothing to do."""
    if (current := _current.get()) is not None:
        runs, run = current
        runs.say(run, facts)


def run() -> str:
    """The id under which the database knows the run that this process carries out; empty where it is not recorded."""
    current = _current.get()
    return current[1] if current else ""


def discreet(words: Sequence[str]) -> list[str]:
    """The overrides without secrets."""
    return [secrets.masked(word) for word in words]
