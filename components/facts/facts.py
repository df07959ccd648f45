"""Facts about a site, online: give it everybody's positions moment by moment, and now and then ask what to write down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.contracts import Crossing, Crossings, InputError, Position, Presence, Stays
from components.facts.heat import Heat, Hours
from components.facts.occupancy import MINUTE, Minutes, Occupancy, Watched
from components.facts.transitions import Transition, Transitions


@dataclass(frozen=True, slots=True)
class Batch:
    """All there is to say about a site from `start` until just before `end`: it replaces what was said about that before."""

    start: int  # fleet time, ns; the beginning of a minute
    end: int
    ended: tuple[Presence, ...]  # stays
    open: tuple[Presence, ...]
    transitions: tuple[Transition, ...]
    occupancy: tuple[Occupancy, ...]
    watched: tuple[Watched, ...]
    heat: tuple[Heat, ...]
    crossings: tuple[Crossing, ...]


class Facts:
    """What happens on the floor of one site.

    `stays` finds the stays of people in zones, `crossings` who goes over lines. A moment stands for `step` seconds, as
    association gives them; heat is added up in cells of `cell` metres. Memory is bounded by the people and the hour at hand as
    long as somebody settles. Every batch repeats what was not final in the one before, so they have to be written one after
    the other.
    """

    def __init__(self, stays: Stays, *, crossings: Crossings | None = None, step: float = 0.2, cell: float = 0.5) -> None:
        if step <= 0 or cell <= 0:
            raise InputError(f"facts with step {step} and cell {cell}, expected both to be more than 0")
        self._stays, self._lines, self._step = stays, crossings, round(step * 1e9)
        self._transitions, self._minutes, self._hours = Transitions(), Minutes(step=step), Hours(cell=cell, step=step)
        self._ended: list[Presence] = []
        self._crossings: list[Crossing] = []
        self._start, self._time = 0, -1  # no moment yet

    def see(self, time: int, positions: Sequence[Position]) -> None:
        """Everybody's positions at one moment (fleet time, ns), later than the one before; nobody's where the site is empty."""
        if time <= self._time:
            raise InputError(f"a moment at {time} after one at {self._time}; facts need moments in order of time")
        self._start = time // MINUTE * MINUTE if self._time < 0 else self._start
        self._time = time
        self._ended += self._stays.see(positions)
        self._crossings += self._lines.see(positions) if self._lines else []
        self._minutes.see(time, positions)
        self._hours.see(time, positions)

    def flush(self) -> Batch | None:
        """`batch`, for somebody who is sure to write it down, and then `settle`."""
        batch = self.batch()
        self.settle()
        return batch

    def batch(self) -> Batch | None:
        """All that is known and not settled yet; None before the first moment."""
        if self._time < 0:
            return None
        going_on = self._stays.open()
        return Batch(
            self._start, self._time + self._step, tuple(self._ended), tuple(going_on),
            tuple(self._transitions.of([*self._ended, *going_on])), tuple(self._minutes.rows()),
            tuple(self._minutes.watched()), tuple(self._hours.rows()), tuple(self._crossings),
        )  # fmt: skip

    def settle(self) -> None:
        """The last batch is written down: what it says of the time before the current minute is final."""
        self._transitions.forget(self._time)
        self.forget(self._time // MINUTE * MINUTE)

    def forget(self, time: int) -> None:
        """Drop what ended before `time` (ns, the beginning of a minute)."""
        self._start = max(self._start, time // MINUTE * MINUTE)
        self._ended = [stay for stay in self._ended if stay.left >= self._start]
        self._crossings = [crossing for crossing in self._crossings if crossing.time >= self._start]
        self._minutes.forget(self._start)
        self._hours.forget(self._start)
