"""Ways through the ward: from one spot to another, through doors and past the furniture, as a table over time."""

from __future__ import annotations

import numpy as np

from components.contracts import Floats64
from components.sources.floorplan import CORRIDOR, ENTRANCE, OUTSIDE, ROOMS, Room, Spot

Point = tuple[float, float]

TICK = 0.1  # seconds between two rows of a table
RAMP = 0.7  # seconds to reach walking speed, and to stop
LANE = 0.45  # metres right of the middle of the corridor
ROUND = 0.35  # metres cut off a corner
STEP = 0.7  # metres before and behind a door where the way is straight
X, Y, HEADING, PACED, SPEED, REACH = range(6)  # columns of a table

_MIDDLE = sum(CORRIDOR[3]) / 2
_ROOM_OF = {spot: room for room in ROOMS for spot in room.spots}


def timetable(origin: Spot, target: Spot, leave: float, pace: float, seconds: float) -> Floats64:
    """Standing at `origin`, walking from second `leave` on at `pace` m/s, standing at `target`: a row (6,) per tick."""
    ticks = np.arange(0.0, seconds + TICK, TICK)
    path = _rounded(_route(origin, target))
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    paced, speed = _walked(ticks - leave, along[-1], pace)
    table = np.empty((len(ticks), 6))
    table[:, X], table[:, Y] = (np.interp(paced, along, path[:, axis]) for axis in (0, 1))
    table[:, PACED], table[:, SPEED] = paced, speed
    table[:, HEADING] = _headings(table, along, path, origin.facing, target.facing)
    table[:, REACH] = _smooth(np.where(speed > 0, 0.0, np.where(paced > along[-1] / 2, target.reach, origin.reach)))
    return table


def longest() -> float:
    """Metres of the longest way through the ward, for a schedule that leaves enough time for each."""
    return 28.0


def _route(origin: Spot, target: Spot) -> list[Point]:
    """The corners of the way between two spots."""
    if origin == target:
        return [(origin.x, origin.y), (target.x, target.y)]
    room = _ROOM_OF.get(origin)
    if room is not None and room is _ROOM_OF.get(target):
        return [(origin.x, origin.y), (origin.x, room.aisle), (target.x, room.aisle), (target.x, target.y)]
    leaving, entering = _access(origin)[::-1], _access(target)
    x0, x1 = leaving[-1][0], entering[0][0]
    lane = _MIDDLE + (-LANE if x1 > x0 else LANE)
    return [*leaving, (x0, lane), (x1, lane), *entering]


def _access(spot: Spot) -> list[Point]:
    """The corners of the way from the corridor's lanes to a spot."""
    room = _ROOM_OF.get(spot)
    if room is not None:
        return _through(room, spot)
    if spot == OUTSIDE:
        door = sum(ENTRANCE) / 2
        return [(17.2, door), (18.9, door), (spot.x, door), (spot.x, spot.y)]
    return [(spot.x, spot.y)]


def _through(room: Room, spot: Spot) -> list[Point]:
    wall, into = (room.y[1], -1) if room.y[0] == 0 else (room.y[0], 1)
    return [
        (room.entry, wall - into * STEP),
        (room.entry, wall + into * STEP),
        (room.entry, room.aisle),
        (spot.x, room.aisle),
        (spot.x, spot.y),
    ]


def _rounded(corners: list[Point]) -> Floats64:
    """The way with its corners rounded by short curves."""
    points = np.array(corners)
    keep = np.concatenate([[True], np.hypot(*np.diff(points, axis=0).T) > 1e-6])
    points = points[keep] if keep.sum() > 1 else points[:2]
    way = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        way.extend(_curve(before, corner, after))
    return np.array([*way, points[-1]])


def _curve(before: Floats64, corner: Floats64, after: Floats64) -> list[Floats64]:
    start, end = _towards(corner, before), _towards(corner, after)
    return [(1 - s) ** 2 * start + 2 * s * (1 - s) * corner + s**2 * end for s in (0.0, 0.25, 0.5, 0.75, 1.0)]


def _towards(corner: Floats64, other: Floats64) -> Floats64:
    length = float(np.hypot(*(other - corner)))
    return corner + (other - corner) / length * min(ROUND, length / 2)


def _walked(since: Floats64, length: float, pace: float) -> tuple[Floats64, Floats64]:
    """Metres walked and speed (m/s) at seconds `since` leaving, speeding up and slowing down evenly."""
    if length < 0.01:
        return np.zeros_like(since), np.zeros_like(since)
    total = max(2 * RAMP, length / pace + RAMP)
    top = length / (total - RAMP)
    t = np.clip(since, 0.0, total)
    speed = top * np.minimum(1.0, np.minimum(t, total - t) / RAMP)
    late = total - t
    walked = np.where(t < RAMP, t**2 / (2 * RAMP), np.where(late < RAMP, total - RAMP - late**2 / (2 * RAMP), t - RAMP / 2))
    return top * walked, speed


def _headings(table: Floats64, along: Floats64, path: Floats64, first: float, last: float) -> Floats64:
    """Where the body faces: along the way while walking, towards the spot's direction while standing."""
    behind, front = table[:, PACED] - 0.15, table[:, PACED] + 0.15
    dx, dy = (np.interp(front, along, path[:, axis]) - np.interp(behind, along, path[:, axis]) for axis in (0, 1))
    standing = np.where(table[:, PACED] > along[-1] / 2, last, first)
    return _smooth(np.unwrap(np.where(table[:, SPEED] > 0, np.arctan2(dy, dx), standing)))


def _smooth(values: Floats64) -> Floats64:
    """The mean over 0.9 s, so that nobody turns at once."""
    return np.convolve(np.pad(values, 4, mode="edge"), np.full(9, 1 / 9), mode="valid")
