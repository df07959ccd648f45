"""The shape of every answer of the API. Times are milliseconds of fleet time (UTC since 1970), places are metres on the floor."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


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


class Plan(Answer):
    """The floor plan of one site, and the roles that its people may have."""

    site: str
    zones: list[ZoneShape]
    cameras: list[CameraEntry]
    roles: list[str]


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
    """One mark over a window: sample i of every list belongs to `t_ms[i]`."""

    id: str
    person: str
    role: str
    confidence: float  # the highest of the window that the name is right
    cameras: list[str]
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
    fps: float


class Health(Answer):
    """How all cameras did."""

    site: str
    cameras: list[CameraState]
    failed: int


class Problem(Answer):
    """Why there is no answer."""

    detail: str


class Door(Answer):
    """Whether this dashboard asks for a password."""

    login: bool
