"""Fleet time: UTC, taken once from this machine's clock, from where on it runs evenly whatever happens to that clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Protocol

from components.clocks import kernel
from components.clocks.kernel import Kept

SECOND = 1_000_000_000  # ns
LOOK = SECOND  # ns between two looks at the system's clock
STEP = SECOND // 100  # ns that it moves between two looks: more is a step, less is drift
FASTEST = 500  # ppm by which fleet time runs faster or slower to come nearer to it; no crystal of a machine runs more wrong
SOFT = 10_000  # a difference of 10 us makes 1 ppm
CONFIRMED = 60 * SECOND  # ns that a step has to last
FAR = 10 * SECOND  # ns: what is more takes too long at that speed (5.5 hours)

_LOG = logging.getLogger(__name__)


class Time(Protocol):
    """What a connection asks when a packet has come."""

    @property
    def moved(self) -> int: ...  # ns that fleet time was moved against a clock that runs evenly

    @property
    def leapt(self) -> str: ...  # why this connection has to end, as fleet time has leapt; empty: it has not

    def now(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Own:
    """How this machine's own clock does."""

    kept: Kept
    behind: int = 0  # ns that fleet time is behind the system's clock; negative: ahead of it
    steps: int = 0  # of the system's clock, since the process began
    step: int = 0  # ns, the newest of them; positive: ahead
    stepped: int = 0  # when, fleet time, ns; 0: never


@dataclass(frozen=True, slots=True)
class _Pace:
    """Fleet time is `base` + even time, and since `at` (even time) it moves by `rate` ppm, by `most` (ns) at most."""

    at: int
    base: int
    rate: int
    most: int

    def passed(self, now: int) -> int:
        """ns that it has moved by `now` (even time)."""
        return (now - self.at) * self.rate // 1_000_000


def even() -> int:
    """A clock (ns) that nobody can set, and that goes on while the machine sleeps."""
    return time.clock_gettime_ns(_EVEN)


_EVEN = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class FleetClock:
    """Never steps back and never stands still.

    A system clock that differs by little is approached at `FASTEST` at most. One that is set (a step) is not followed unless it
    has stayed so for `CONFIRMED` and the kernel says that NTP vouches for it: then in the same way where the step is at most
    `FAR`; else fleet time leaps ahead, which ends every connection's file and is a gap, and never leaps back, as there would be
    two pictures of one moment. Whoever asks for the time makes it look at the system's clock every second.
    """

    def __init__(
        self, *, utc: Callable[[], int] = time.time_ns, even: Callable[[], int] = even, kept: Callable[[], Kept] = kernel.asked
    ) -> None:
        self._utc, self._even, self._kept = utc, even, kept
        self._lock = threading.Lock()
        self._gap = self._first = self._difference()  # ns that UTC is ahead of even time
        self._pace = _Pace(even(), self._gap, 0, 0)
        self._looked = self._pace.at
        self._held = 0  # ns that the system's clock was set and that nobody has vouched for yet
        self._steps, self._step, self._stepped, self._since = 0, 0, 0, 0
        self.leaps = 0  # ns that it has leapt ahead

    def now(self) -> int:
        """ns since 1970, UTC, without the leaps since this process began: see `Course`."""
        now = self._even()
        if now - self._looked > LOOK:
            self.look()
        pace = self._pace
        return now + pace.base + pace.passed(now)

    @property
    def moved(self) -> int:
        """ns that it was moved against even time, leaps left out."""
        pace = self._pace
        return pace.base - self._first + (pace.passed(self._even()) if pace.rate else 0)

    def course(self) -> Course:
        """Fleet time for one connection."""
        return Course(self)

    def look(self) -> None:
        """Compare with the system's clock, and decide what to do about it."""
        if not self._lock.acquire(blocking=False):
            return  # somebody is at it
        try:
            now, gap = self._even(), self._difference()
            if abs(gap - self._gap) > STEP + (now - self._looked) * FASTEST // 1_000_000:
                self._note(gap - self._gap, now)
            self._gap, self._looked = gap, now
            if self._held and now - self._since >= CONFIRMED and self._kept().vouched:
                self._follow()
            self._turn(now)
        finally:
            self._lock.release()

    @property
    def own(self) -> Own:
        self.look()
        pace = self._pace
        return Own(self._kept(), self._gap - pace.base - self.leaps, self._steps, self._step, self._stepped)

    def _difference(self) -> int:
        """ns that UTC is ahead of even time; of three looks, the one that took least."""
        looks = []
        for _ in range(3):
            before, utc, after = self._even(), self._utc(), self._even()
            looks.append((after - before, utc - (before + after) // 2))
        return min(looks)[1]

    def _note(self, step: int, now: int) -> None:
        self._held += step
        self._since, self._steps, self._step = now, self._steps + 1, step
        self._stepped = now + self._pace.base + self.leaps
        _LOG.error(
            "our own clock stepped by %+.3f s at %s UTC: not a fault of the cameras; recorded times go on evenly",
            step / SECOND, datetime.fromtimestamp(self._stepped / SECOND, UTC).strftime("%H:%M:%S"),
        )  # fmt: skip
        if abs(self._held) <= STEP:  # it was set back
            self._held = 0

    def _follow(self) -> None:
        """What is vouched for is approached, or leapt to; what is far back waits for another process."""
        if self._held < -FAR:
            return
        if self._held > FAR:
            self.leaps += self._held
            _LOG.error("fleet time leaps ahead by %.3f s, to our own clock, which NTP keeps", self._held / SECOND)
        self._held = 0

    def _turn(self, now: int) -> None:
        """Run a little faster or slower, until the next look."""
        pace = self._pace
        base = pace.base + max(-pace.most, min(pace.most, pace.passed(now)))  # nobody may have looked for hours
        away = self._gap - self._held - self.leaps - base
        self._pace = _Pace(now, base, max(-FASTEST, min(FASTEST, away // SOFT)), abs(away))


class Course:
    """Fleet time as one connection has it: it runs on, and where fleet time leaps the connection has to be made again."""

    def __init__(self, clock: FleetClock) -> None:
        self._clock, self._leaps = clock, clock.leaps

    def now(self) -> int:
        """ns since 1970, UTC."""
        return self._clock.now() + self._leaps

    @property
    def moved(self) -> int:
        return self._clock.moved + self._leaps

    @property
    def leapt(self) -> str:
        ahead = self._clock.leaps - self._leaps
        return f"our own clock was set ahead by {ahead / SECOND:.1f} s" if ahead else ""


@cache
def fleet() -> FleetClock:
    """The one of this process."""
    return FleetClock()


def course() -> Course:
    """Fleet time for a connection that begins now."""
    return fleet().course()


def now() -> int:
    """Fleet time, ns since 1970, UTC."""
    return course().now()
