"""Tells the database how the cameras of a live run are doing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from components.clocks.own import fleet
from components.contracts import Source
from components.database import clocks, own_clocks
from components.database.database import Database
from components.database.health import Report, report
from components.live import Watch, Watches

SILENT = 5.0  # s without a picture that are worth saying


class Pulse:
    """Called every few seconds with what went down each lane. Raises InputError where the database is away."""

    def __init__(self, database: Database, run: str, sources: Callable[[], Iterable[Source]] = tuple) -> None:
        self._database, self._run, self._sources = database, run, sources
        self._before, self._then = dict[str, int](), time.monotonic()
        self._began, self._gone = self._then, set[str]()  # whom nobody asks any more, and that is known

    def __call__(self, watches: Watches) -> None:
        now = time.monotonic()
        there = {name: watch for name, watch in watches.items() if not watch.gone}
        seen = {name: watch.delivered or watch.frames + watch.rejected.total() for name, watch in there.items()}
        reports = [self._of(name, watch, seen[name], now) for name, watch in there.items()]
        self._before, self._then = seen, now
        gone = set(watches) - set(there)
        report(self._database, self._run, reports, sorted(gone - self._gone))
        self._gone = gone
        clocks.report(self._database, self._run, clocks.of(self._sources()))
        own_clocks.report(self._database, self._run, fleet().own)

    def _of(self, name: str, watch: Watch, seen: int, now: float) -> Report:
        quiet = now - (watch.arrived or self._began)
        lately = max(0, seen - self._before.get(name, 0)) / max(now - self._then, 1e-3)  # one that is changed begins anew
        return Report(
            name, watch.frames, watch.rejected.total(), watch.first, watch.last, watch.trouble, dropped=watch.dropped,
            silent=quiet if quiet > SILENT else 0.0, lately=lately, expected=watch.expected,
        )  # fmt: skip
