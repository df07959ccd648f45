"""How work without an end is ended: the first interrupt asks for it, politely, here and in every worker; the second insists."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SAME = 1.0  # s in which several signals are one: a terminal tells the workers too
STOP = threading.Event()  # of this process, as its signals are


class _Asked:
    """What an interrupt does: it sets the event and tells the workers; one that comes later does what it did before."""

    def __init__(self) -> None:
        self.before = {number: signal.getsignal(number) for number in SIGNALS}
        self._first = 0.0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._first = self._first or time.monotonic()
        STOP.set()
        former = self.before[signal.SIGINT]
        if time.monotonic() - self._first > SAME and number == signal.SIGINT and callable(former):
            former(number, frame)
        for child in multiprocessing.active_children():
            with suppress(OSError):
                os.kill(child.pid or os.getpid(), signal.SIGINT)


@contextmanager
def listening() -> Iterator[threading.Event]:
    """The event that an interrupt or a request to terminate sets while the block runs.

    In a thread other than the main one, and inside another such block, nothing changes: the process listens already.
    """
    if threading.current_thread() is not threading.main_thread() or isinstance(signal.getsignal(signal.SIGINT), _Asked):
        yield STOP
        return
    STOP.clear()
    asked = _Asked()
    for number in SIGNALS:
        signal.signal(number, asked)
    try:
        yield STOP
    finally:
        for number, handler in asked.before.items():
            signal.signal(number, handler)
