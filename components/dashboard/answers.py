"""The shape of every answer of the API. Times are milliseconds of fleet time (UTC since 1970), places are metres on the floor."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from components.contracts import Expected


class Answer(BaseModel):
    """What all answers share."""

    model_config = ConfigDict(frozen=True)


class ZoneShape(Answer):
    """One zone of the floor plan."""

    name: str
    kind: str
    polygon: list[tuple[float, float]]


class CameraEntry(Answer):
    """One camera of the registry as it stands now."""

    id: str
    location: str


class StaffEntry(Answer):
    """One person on the roster."""

    id: str
    role: str
    department: str
    shift: str


class Plan(Answer):
    """The floor plan of one site, the roster, and the roles on it."""

    site: str
    zones: list[ZoneShape]
    cameras: list[CameraEntry]
    roles: list[str]
    staff: list[StaffEntry]


class Here(Answer):
    """The site that the page follows; empty where there is none."""

    site: str


class TrackRun(Answer):
    """One run of `track` that can be replayed."""

    run: str
    status: Literal["running", "completed", "failed"]
    site: str
    began_ms: int  # when somebody started it, by the clock on the wall
    start_ms: int
    end_ms: int
    words: list[str]  # what it was started with


class TrackRuns(Answer):
    """The runs that can be replayed, newest first, and whether one is at work now."""

    runs: list[TrackRun]
    running: bool
    failed: bool  # the newest run ended as failed


class Trail(Answer):
    """One person over a window: sample i of every list belongs to `t_ms[i]`."""

    id: str
    person: str
    role: str
    confidence: float  # the highest of the window that the name is right
    cameras: list[str]
    reason: str  # why it is this person
    t_ms: list[int]
    x: list[float]
    y: list[float]
    uncertainty: list[float]
    zone: list[int]  # index into the window's `zones`


class Window(Answer):
    """Who was where from `from_ms` until just before `to_ms`."""

    run: str
    from_ms: int
    to_ms: int
    step_ms: int  # length of one moment: marks that leave no sample for longer are gone
    zones: list[str]
    trails: list[Trail]


class LiveMark(Answer):
    """One person now."""

    id: str
    person: str
    role: str
    confidence: float
    cameras: list[str]
    t_ms: int
    x: float
    y: float
    uncertainty: float
    zone: str
    reason: str  # why it is this person


class Live(Answer):
    """Who is where at the newest moment that was written."""

    at_ms: int
    run: str  # empty: nothing was ever written
    site: str
    running: bool
    marks: list[LiveMark]


class ZoneCount(Answer):
    """How many people are in one zone."""

    zone: str
    kind: str
    total: int
    unnamed: int  # of `total`, people whose name is not known
    roles: dict[str, int]  # of `total`; `unknown` for those whose role is not known


class Occupancy(Answer):
    """How many people are where at one moment."""

    at_ms: int
    run: str
    total: int
    unnamed: int
    zones: list[ZoneCount]


class CameraState(Answer):
    """How one camera did in the newest run that used it."""

    camera: str
    location: str
    run: str
    state: Literal["ok", "failed", "silent"]  # silent: in the registry, but no run has used it
    message: str
    last_frame_ms: int  # 0: none
    frames: int
    rejected: int
    dropped: int
    fps: float
    expected: float  # frames per second, as a live camera declares them; 0: it does not
    gaps: int  # times without footage in the last 24 hours
    missing_ms: int  # how long they were together
    gap_reason: str  # of the newest


class Health(Answer):
    """How all cameras did."""

    site: str
    cameras: list[CameraState]
    failed: int


class Problem(Answer):
    """Why there is no answer."""

    detail: str


class Door(Answer):
    """Whether this dashboard asks for a password, and whether this browser may see pictures."""

    login: bool
    pictures: Literal["yes", "ask", "no"]  # ask: with another password; no: nobody may


class Stay(Answer):
    """One person in one zone, from `entered_ms` until last seen at `left_ms`."""

    identity: str
    person: str
    role: str
    department: str
    zone: str
    entered_ms: int
    left_ms: int
    confidence: float
    expected: Expected
    open: bool


class Available(Answer):
    """Who is there: each named person once, where the name is surest."""

    site: str
    stays: list[Stay]


class FoundPerson(Answer):
    """Somebody on the roster, and where they are or were last."""

    person: str
    role: str
    department: str
    shift: str
    present: bool
    stay: Stay | None


class FoundPeople(Answer):
    """The first people that a search found, and how many there are."""

    people: list[FoundPerson]
    total: int


class Extent(Answer):
    """From when to when there are facts of a site; both 0 where there are none."""

    site: str
    first_ms: int
    newest_ms: int


class Heat(Answer):
    """Person-seconds on each cell of the floor: cell (r, c) begins at x + c * cell, y + r * cell."""

    from_ms: int
    to_ms: int
    cell: float
    x: float
    y: float
    seconds: list[list[int]]


class Flow(Answer):
    """How often people went from one zone to another, and how long that took on average."""

    from_zone: str
    to_zone: str
    times: int
    seconds: float


class Flows(Answer):
    """The ways between zones, the busiest first."""

    flows: list[Flow]


class DwellTime(Answer):
    """How long stays last in one zone (* : all), for one role (* : everybody); seconds."""

    zone: str
    role: str
    entries: int
    exits: int
    mean: float
    median: float
    p90: float
    longest: float
    person_seconds: int


class Dwells(Answer):
    """Dwell times of a period."""

    rows: list[DwellTime]


class TimesBin(Answer):
    """Occupancy in one stretch of time."""

    from_ms: int
    to_ms: int
    mean: float
    unnamed: float
    most: int
    watched: float  # 0..1, share of the time in which somebody looked


class Times(Answer):
    """Occupancy over a period."""

    step: Literal["minute", "hour", "day"]
    bins: list[TimesBin]


class Box(Answer):
    """One person in a camera's picture."""

    track: int
    person: str
    role: str
    confidence: float
    box: list[float]  # x1, y1, x2, y2 in native pixels


class View(Answer):
    """What one camera saw at one moment."""

    camera: str
    at_ms: int
    footage: bool  # there is a picture of it
    boxes: list[Box]
