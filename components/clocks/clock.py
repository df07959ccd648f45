"""One camera's clock against the fleet's: offset, drift and steps, from when its pictures came and when it says it took them."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from components.clocks.envelope import Line, under
from components.contracts import InputError

SECOND = 1_000_000_000  # ns
WINDOW = 5.0  # s: of each, the reading with the least delay counts
KEPT = 240  # windows that are remembered: 20 minutes
SPAN = 60.0  # s that windows have to span before their slope is a drift
SURE = 2  # windows in a row that have to disagree before a clock has stepped
STEP = 0.06  # s: what is less is delay
FREE, AGEING = 50e-6, 10e-6  # s per s that a crystal runs wrong; that it changes, where its drift is known
SPREADS = 4.0  # spreads of the delays beyond which a window disagrees


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known of a clock at one moment."""

    offset: int  # ns that the camera's clock is ahead of fleet time; negative: behind
    drift: float  # s per s that it gains
    uncertainty: int  # ns, about one standard deviation of the offset
    since: int  # fleet time (ns) of the beginning, or of the newest step
    windows: int  # that the estimate stands on
    newest: int = 0  # fleet time (ns) of the newest reading
    step: int = 0  # ns, the newest step, positive: ahead; 0: there was none


class Clock:
    """Learns a camera's clock from pairs of times.

    `latency` (s) is how long the quickest picture takes from the camera to us; what it is wrong by, the offset is wrong by.
    Times are ns; `received` is by a clock that never steps back (the monotonic one, set to UTC once).
    """

    def __init__(self, *, latency: float = 0.0, window: float = WINDOW) -> None:
        if latency < 0 or window <= 0:
            raise InputError(f"clock: latency is {latency}, window is {window}; expected at least 0 and more than 0 seconds")
        self.latency, self._window = latency, window
        self._origin = 0  # received, ns: what the seconds below count from
        self._source = 0  # camera's clock at the origin, ns
        self._moved = 0  # ns that fleet time was moved by now
        self._minima: deque[tuple[float, float]] = deque(maxlen=KEPT)  # s since the origin, delay that it seems to have, s
        self._current: tuple[float, float] | None = None
        self._number = -1  # of the current window
        self._newest = 0.0  # reading, s since the origin
        self._odd: list[tuple[float, float]] = []  # newest windows that do not fit
        self._line: Line | None = None
        self._began = 0.0
        self._spread = 0.0
        self.steps, self._step = 0, 0.0

    def see(self, received: int, source: int, moved: int = 0) -> None:
        """A picture came at `received`, and its camera says that it was taken at `source` (both ns, UTC).

        `moved` (ns) is by how much the clock of `received` itself was moved since the process began: that is no step of this one.
        """
        self._origin += moved - self._moved
        self._moved = moved
        if self._line is None and not self._minima and self._current is None:
            self._origin, self._source = received, source
        time = self._newest = (received - self._origin) / SECOND
        delay = time - (source - self._source) / SECOND
        number = int(time // self._window)
        if number != self._number:
            self._end_window()
            self._number, self._current = number, None
        if self._current is None or delay < self._current[1]:
            self._current = (time, delay)

    def estimate(self, now: int | None = None) -> Estimate | None:
        """What is known at `now` (ns; None: when the newest reading came); None before the first reading.

        What was known goes on, with its drift, and ever less surely, where the camera says nothing any more.
        """
        line, windows = self._known(), len(self._minima)
        if line is None:
            return None
        newest = self._newest
        time = newest if now is None else max(newest, (now - self._origin) / SECOND)
        known = line.slope != 0
        unsure = self._uncertainty(windows) + (time - newest) * (AGEING if known else FREE) * SECOND
        return Estimate(
            offset=self._offset(line.at(time)), drift=-line.slope, uncertainty=round(unsure),
            newest=self._origin + round(newest * SECOND),
            since=self._origin + round(self._began * SECOND), windows=max(1, windows),
            step=round(self._step * SECOND),
        )  # fmt: skip

    def corrected(self, source: int) -> int:
        """Fleet time (ns) of the moment that the camera calls `source`, as far as is known; `source` itself before that."""
        line = self._known()
        if line is None:
            return source
        own = (source - self._source) / SECOND
        time = own + line.at(own + line.at(own))  # it came so much later as the quickest would have at that time
        return self._origin + round((time - self.latency) * SECOND)

    def _known(self) -> Line | None:
        """The line; before the first window is over, the quickest reading so far."""
        if self._line is None and self._current is not None:
            return Line(*self._current, 0.0)
        return self._line

    def _offset(self, delay: float) -> int:
        """What a seeming delay (s) says of the clock."""
        return int(self._source - self._origin - round((delay - self.latency) * SECOND))

    def _end_window(self) -> None:
        """Learn from the window that is over; where several in a row do not fit, the clock has stepped."""
        if self._current is None:
            return
        if self._line is None or self._fits(self._current, self._line):
            self._minima.append(self._current)
            self._odd.clear()
        else:
            alike = self._odd and self._fits(self._current, Line(*self._odd[-1], 0.0))
            self._odd = [*(self._odd if alike else []), self._current]  # a late window before a step is not part of it
            if len(self._odd) < SURE and self._current[1] > self._line.at(self._current[0]):
                return  # late perhaps, and not stepped
            self._began, self.steps = self._odd[0][0], self.steps + 1
            self._step = self._line.at(self._odd[-1][0]) - min(delay for _, delay in self._odd)
            self._minima.clear()
            self._minima.extend(self._odd)
            self._odd.clear()
        self._fit()

    def _fits(self, window: tuple[float, float], line: Line) -> bool:
        """Nothing is quicker than the quickest, and one whole window without any quick picture is rare."""
        late = window[1] - line.at(window[0])
        return -STEP < late < STEP + SPREADS * min(self._spread, STEP)

    def _fit(self) -> None:
        times, delays = zip(*self._minima, strict=True)
        long = times[-1] - times[0] >= SPAN
        self._line = under(times, delays) if long else under(times, delays, steepest=0.0)
        above = sorted(delay - self._line.at(time) for time, delay in self._minima)
        self._spread = above[len(above) // 2]

    def _uncertainty(self, windows: int) -> int:
        """The line touches the least delayed windows: what is left is about the spread over the number of them."""
        return round((self._spread / math.sqrt(max(1, windows)) + 0.001) * SECOND)
