"""The world of the simulated ward: who is there at any moment, where, and what they look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from components.contracts import Floats64, InputError, Ints, Person
from components.sources.floorplan import CORRIDOR_SPOTS, LOBBY, OUTSIDE, ROOMS, Spot
from components.sources.routes import HEADING, PACED, REACH, SPEED, TICK, X, Y, longest, timetable

SECOND = 10**9  # nanoseconds
HOUR = 3600 * SECOND
VISITOR = "visitor"
VISITING = "10:00-20:00"
BAYS = ("Bay B", "Bay A")
TURN = (sum(LOBBY[2]), sum(LOBBY[3]))  # the second wing is the first one, turned half round about the lobby
STAY = 8  # changes of place before somebody may change wings
LOYAL = 0.75  # how often somebody stays in the own wing

PLACES = {room.name: room.spots for room in ROOMS} | {"Corridor": CORRIDOR_SPOTS, "Outside": (OUTSIDE,)}
HABITS = {  # how often somebody of a role goes where, and metres per second
    "nurse": ({"Bay A": 4, "Bay B": 4, "Nurse station": 4, "Corridor": 2, "Supply": 1, "Room 1": 1, "Room 2": 1}, 1.35),
    "doctor": ({"Bay A": 3, "Bay B": 3, "Nurse station": 4, "Corridor": 2, "Office": 1, "Room 1": 1}, 1.25),
    "porter": ({"Bay A": 3, "Bay B": 3, "Corridor": 3, "Outside": 1, "Supply": 1, "Nurse station": 1}, 1.15),
    "cleaner": ({"Bay A": 2, "Bay B": 2, "Corridor": 3, "Nurse station": 2, "Supply": 1, "Room 2": 1}, 0.9),
    VISITOR: ({"Bay A": 4, "Bay B": 4, "Corridor": 2, "Outside": 1}, 0.85),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who can be on the ward."""

    id: str
    role: str
    badge: int  # marker number, -1 without a badge
    hours: tuple[int, int]  # of the day, nanoseconds since local midnight; the second may be smaller
    pace: float  # m/s
    period: int  # ns between two changes of place
    shift: int  # ns, so that not everybody changes place at once
    habits: tuple[tuple[str, float], ...]  # place, probability


@dataclass(frozen=True, slots=True)
class Moment:
    """Everybody on the ward at one moment. Row i of every array is person i of it."""

    actors: Ints  # (n,) index into Ward.actors
    floor: Floats64  # (n, 2) metres
    heading: Floats64  # (n,) radians, 0 = east
    paced: Floats64  # (n,) metres walked since the last stop
    speed: Floats64  # (n,) m/s
    reach: Floats64  # (n,) 0..1, how far the hands are stretched forward


class Ward:
    """One ward full of people; equal arguments make equal worlds, at any time, in any process.

    `seed` chooses routes and looks. `staff` are the people of the roster, present during their shift, local time;
    `visitors` come during visiting hours. `utc_offset` is local time minus UTC, in hours. With two `wings` there is a second
    copy of all rooms beyond the lobby, at (39 - x, 14 - y); people go over there now and then.
    """

    def __init__(
        self, seed: int = 1, *, staff: tuple[Person, ...], visitors: int = 3, utc_offset: float = 0.0, wings: Literal[1, 2] = 1
    ) -> None:
        self.seed, self.staff, self.visitors, self.wings = seed, staff, visitors, wings
        self.utc_offset = round(utc_offset * HOUR)
        guests = tuple(Person(f"visitor_{n + 1}", VISITOR, BAYS[n % 2], VISITING, -1) for n in range(visitors))
        self.actors = tuple(_actor(seed, number, person) for number, person in enumerate(staff + guests))
        self._tables: dict[int, tuple[int, Floats64 | None]] = {}  # actor -> the period computed last

    @property
    def spec(self) -> dict[str, object]:
        """What determines this world, as plain data."""
        staff = [[p.id, p.role, p.department, p.shift, p.badge] for p in self.staff]
        wings = {"wings": self.wings} if self.wings > 1 else {}
        return {"seed": self.seed, "staff": staff, "visitors": self.visitors, "utc_offset": self.utc_offset, **wings}

    def hour(self, time: int) -> float:
        """The local hour of the day, 0 <= hour < 24."""
        return (time + self.utc_offset) % (24 * HOUR) / HOUR

    def at(self, time: int, wing: int = 0) -> Moment:
        """Who is where in one wing at fleet time `time` (ns), in the metres of the first; costs the same for any time."""
        present, rows = [], []
        for number, actor in enumerate(self.actors):
            period, into = divmod(time + actor.shift, actor.period)
            if self._wing(number, period) != wing:
                continue
            table = self._table(number, period)
            if table is not None:
                present.append(number)
                rows.append(_between(table, into / SECOND / TICK))
        state = np.array(rows).reshape(len(rows), 6)
        numbers = np.array(present, np.int64)
        calm = np.clip(1 - state[:, SPEED], 0, 1)
        glance = 0.3 * calm * np.sin(2 * np.pi * (time % (9 * SECOND)) / (9 * SECOND) + numbers * 2.4)
        return Moment(numbers, state[:, [X, Y]], state[:, HEADING] + glance, state[:, PACED], state[:, SPEED], state[:, REACH])

    def _table(self, number: int, period: int) -> Floats64 | None:
        """What somebody does in one of their periods; None while they are away."""
        known = self._tables.get(number)
        if known is None or known[0] != period:
            known = self._tables[number] = (period, self._plan(number, period))
        return known[1]

    def _plan(self, number: int, period: int) -> Floats64 | None:
        actor = self.actors[number]
        origin, target = self._stop(number, period), self._stop(number, period + 1)
        if origin == OUTSIDE and target == OUTSIDE:
            return None
        leave = 1.0 + 3.0 * np.random.default_rng((self.seed, 2, number, period)).random()
        table = timetable(origin, target, leave, actor.pace, actor.period / SECOND)
        table[:, [X, Y]] += _elbow_room(number)
        return table

    def _stop(self, number: int, period: int) -> Spot:
        """Where somebody stands when a period begins."""
        actor = self.actors[number]
        moves = self._wing(number, period) != self._wing(number, period - 1)
        if moves or not self._on_duty(actor, period * actor.period - actor.shift):
            return OUTSIDE
        rng = np.random.default_rng((self.seed, 1, number, period))
        names, chances = zip(*actor.habits, strict=True)
        spots = PLACES[names[rng.choice(len(names), p=chances)]]
        return spots[(int(rng.integers(len(spots))) + number) % len(spots)]

    def _wing(self, number: int, period: int) -> int:
        """Where somebody is for a few periods; the own wing is that of the number."""
        if self.wings == 1:
            return 0
        away = np.random.default_rng((self.seed, 5, number, period // STAY)).random() > LOYAL
        return (number + away) % 2

    def _on_duty(self, actor: Actor, time: int) -> bool:
        begin, end = actor.hours
        clock = (time + self.utc_offset) % (24 * HOUR)
        return begin <= clock < end if begin < end else not end <= clock < begin


def turned(x: float, y: float) -> tuple[float, float]:
    """A place of the first wing in the second, and the other way round; metres."""
    return TURN[0] - x, TURN[1] - y


def _actor(seed: int, number: int, person: Person) -> Actor:
    if person.role not in HABITS:
        raise InputError(f"staff {person.id}: role is {person.role!r}, expected one of {', '.join(HABITS)}")
    rng = np.random.default_rng((seed, 0, number))
    weights, pace = HABITS[person.role]
    own = np.array([weight * (3 if place == person.department else 1) for place, weight in weights.items()])
    own = own * rng.uniform(0.6, 1.4, len(weights))
    pace *= rng.uniform(0.85, 1.15)
    period = round((longest() / pace + 4.0 + rng.uniform(1.0, 8.0)) * 10) * SECOND // 10
    shift = int(rng.integers(period // SECOND)) * SECOND
    chances = tuple(zip(weights, (own / own.sum()).tolist(), strict=True))
    return Actor(person.id, person.role, person.badge, _hours(person), pace, period, shift, chances)


def _hours(person: Person) -> tuple[int, int]:
    try:
        begin, end = (sum(int(part) * unit for part, unit in zip(clock.split(":"), (HOUR, 60 * SECOND), strict=True))
                      for clock in person.shift.split("-"))  # fmt: skip
    except ValueError:
        raise InputError(f"staff {person.id}: shift is {person.shift!r}, expected local hours such as 07:00-19:00") from None
    return begin, end


def _between(table: Floats64, position: float) -> Floats64:
    row = min(int(position), len(table) - 2)
    share = min(position - row, 1.0)
    state: Floats64 = table[row] * (1 - share) + table[row + 1] * share
    return state


def _elbow_room(number: int) -> Floats64:
    """(2,) metres: everybody stands a little beside the spot, so that two can share it."""
    angle = number * 2.399963  # the golden angle spreads any number of people
    return np.array([0.2 * np.cos(angle), 0.2 * np.sin(angle)])
