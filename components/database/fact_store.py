"""Where positions become facts: on their way, while a run is live, or afterwards out of its files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from components.contracts import InputError, Position
from components.database.database import Database
from components.database.facts import write
from components.facts.facts import Facts
from components.facts.moments import moments

PATIENCE = 24 * 3_600_000_000_000  # ns of facts that are kept in memory while the database is away
PAUSE = 60_000_000_000  # ns between two attempts then: the more there is to say, the longer an attempt takes


class FactStore:
    """Enters the facts of one run and site every `every` seconds of fleet time; live: 5, afterwards: 3600.

    While the database is away, facts stay in memory, for a day at most; `problem` says what is wrong. Then it catches up.
    `timezone` (IANA) is that of the site's clocks. A moment stands for `step` seconds.
    """

    def __init__(
        self,
        database: Database,
        facts: Facts,
        *,
        run: str,
        site: str,
        timezone: str = "UTC",
        every: float = 5.0,
        step: float = 0.2,
    ) -> None:
        self._database, self._facts, self._run, self._site, self._timezone = database, facts, run, site, timezone
        self._every, self._step = round(every * 1e9), step
        self._tried: int | None = None  # fleet time of the last attempt, or of the first moment
        self._resume = 0
        self.problem = ""

    def write(self, time: int, positions: Sequence[Position]) -> None:
        """Everybody's positions at one moment (fleet time, ns), later than the one before; nobody's where the site is empty."""
        self._tried = time if self._tried is None else self._tried
        self._facts.see(time, positions)
        if time // self._every != self._tried // self._every and time >= self._resume:
            self._tried = time
            try:
                self._enter()
            except InputError as error:
                self.problem, self._resume = str(error), time + PAUSE
                self._facts.forget(time - PATIENCE)

    def record(self, positions: Iterable[Position], *, start: int, end: int) -> None:
        """All positions of a run (in order of time) that watched the site from `start` until `end` (ns), and close."""
        for time, people in moments(positions, step=self._step, start=start, end=end):
            self.write(time, people)
        self.close()

    def close(self) -> None:
        """Enter what is left. Raises InputError where the database is away."""
        self._enter()

    def _enter(self) -> None:
        if batch := self._facts.batch():
            write(self._database, run=self._run, site=self._site, batch=batch, timezone=self._timezone)
            self._facts.settle()
        self.problem = ""
