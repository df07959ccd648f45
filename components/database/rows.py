"""What questions about facts are answered with. Times are fleet time in ns; `unknown` stands for what nobody knows."""

from __future__ import annotations

from dataclasses import dataclass

from components.contracts import Expected


@dataclass(frozen=True, slots=True)
class Extent:
    """What there is of a site: nothing where both are 0."""

    first: int
    newest: int  # the last moment that anything is known of


@dataclass(frozen=True, slots=True)
class Headcount:
    """People of one role and department in one zone at one moment."""

    zone: str
    role: str
    department: str
    people: int
    unnamed: int  # of `people`, those whose name is not known


@dataclass(frozen=True, slots=True)
class Stay:
    """One person in one zone, from `entered` to `left`."""

    identity: str
    person: str
    role: str
    department: str
    zone: str
    entered: int
    left: int  # last seen there
    confidence: float
    expected: Expected
    open: bool  # still there, as far as it is known


@dataclass(frozen=True, slots=True)
class Stays:
    """A page of stays, the latest first."""

    stays: tuple[Stay, ...]
    next: tuple[int, str] | None  # give it as `after` for the next page; None: that was all


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody on the roster, and where they are or were last."""

    person: str
    role: str
    department: str
    shift: str
    present: bool  # at the moment that was asked for
    stay: Stay | None  # the present or the last one; None: never seen


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of people, in order of their id."""

    people: tuple[Found, ...]
    total: int  # people that match, on all pages


@dataclass(frozen=True, slots=True)
class Dwell:
    """How long stays last in one zone (* : on the site), for one role (* : everybody)."""

    zone: str
    role: str
    entries: int  # stays that began in the period
    exits: int  # stays that ended in it: those that the times are of
    mean: float  # seconds
    median: float  # seconds; percentiles are right to within a tenth
    p90: float
    longest: float
    person_seconds: float  # spent in the period


@dataclass(frozen=True, slots=True)
class Flow:
    """How often people went from one zone to another."""

    from_zone: str
    to_zone: str
    times: int
    seconds: float  # mean time between the two


@dataclass(frozen=True, slots=True)
class Crossed:
    """How often people went over one line."""

    line: str
    inwards: int  # from the right hand of the line to its left
    outwards: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Occupancy from `start` until just before `end`."""

    start: int
    end: int
    mean: float  # people, over the time that was watched
    unnamed: float  # of `mean`
    most: int  # people at once
    watched: float  # 0..1, share of the bin in which somebody looked; with 0 the other figures say nothing


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Time spent on each cell of the floor: cell (r, c) begins at x + c * cell, y + r * cell."""

    start: int  # the period that it is of: whole hours
    end: int
    cell: float  # metres
    x: float
    y: float
    seconds: tuple[tuple[float, ...], ...]  # person-seconds, row by row from the smallest y


@dataclass(frozen=True, slots=True)
class CameraState:
    """How one camera did in the newest run that used it."""

    camera: str
    location: str
    state: str  # ok, failed, silent (in the registry, but no run has used it)
    message: str
    run: str
    last_frame: int  # 0: none
    frames: int
    rejected: int
    dropped: int
    fps: float
