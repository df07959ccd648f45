"""The floor plan of the simulated ward: rooms, walls, doors, furniture, and the spots where people stand."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Literal

CEILING = 3.0
DOOR_HEIGHT = 2.3
HALF_WALL = 0.06
SOUTH, NORTH, EAST, WEST = -pi / 2, pi / 2, 0.0, pi

Material = Literal[
    "wall", "bed", "blanket", "pillow", "metal", "wood", "counter", "screen", "cloth", "plant", "shelf", "door", "paper"
]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Block:
    """A solid, axis-aligned box, metres."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    material: Material


@dataclass(frozen=True, slots=True)
class Spot:
    """Somewhere to stand."""

    x: float
    y: float
    facing: float  # radians, 0 = east
    reach: float = 0.0  # how far the hands are stretched forward, 0..1


@dataclass(frozen=True, slots=True)
class Room:
    """A rectangle beside the corridor."""

    name: str
    kind: str
    x: Range
    y: Range
    door: Range  # where the corridor's wall is open, metres along x
    entry: float  # x of the way in
    aisle: float  # y of the way that leads past the furniture
    spots: tuple[Spot, ...]


CORRIDOR = ("Corridor", "corridor", (0.0, 18.0), (5.0, 8.0))
LOBBY = ("Entrance", "lobby", (18.0, 21.0), (3.0, 11.0))
ENTRANCE: Range = (5.7, 7.3)  # the opening between corridor and lobby, metres along y
OUTSIDE = Spot(19.6, 10.2, WEST)  # in the lobby, where no camera looks


def _bedside(x: float, head: float, into: float) -> tuple[Spot, ...]:
    """Left, right and foot of a bed whose head is at `head` and which extends `into` (+1 north, -1 south) the room."""
    y = head + into * 1.35
    return (Spot(x - 0.82, y, EAST, 0.8), Spot(x + 0.82, y, WEST, 0.8), Spot(x, head + into * 2.75, -into * pi / 2, 0.3))


def _beds(places: tuple[float, ...], head: float, into: float) -> tuple[Spot, ...]:
    return tuple(spot for x in places for spot in _bedside(x, head, into))


_BAY_A, _BAY_B, _ROOM_1, _ROOM_2 = (1.4, 3.75, 6.1), (11.9, 14.25, 16.6), (1.3, 3.3), (15.0, 16.7)
_COUNTER = tuple(Spot(x, 9.25, SOUTH, 0.6) for x in (5.7, 6.7, 7.7, 8.7))
_DESK = tuple(Spot(x, 10.25, NORTH, 0.9) for x in (5.9, 7.0, 8.1, 9.2))
_SHELVES = tuple(Spot(x, 1.3, SOUTH, 0.9) for x in (8.4, 9.0, 9.7))
_OFFICE = (Spot(12.0, 10.9, NORTH, 0.9), Spot(13.0, 10.9, NORTH, 0.9))

ROOMS = (
    Room("Bay A", "room", (0.0, 7.5), (0.0, 5.0), (2.5, 5.0), 3.75, 3.3, _beds(_BAY_A, 0.1, 1.0)),
    Room("Supply", "room", (7.5, 10.5), (0.0, 5.0), (8.5, 9.5), 9.0, 3.3, _SHELVES),
    Room("Bay B", "room", (10.5, 18.0), (0.0, 5.0), (13.0, 15.5), 14.25, 3.3, _beds(_BAY_B, 0.1, 1.0)),
    Room("Room 1", "room", (0.0, 4.5), (8.0, 12.5), (1.7, 2.9), 2.3, 9.3, _beds(_ROOM_1, 12.4, -1.0)),
    Room("Nurse station", "desk", (4.5, 11.0), (8.0, 12.5), (4.62, 10.88), 10.1, 9.75, _COUNTER + _DESK),
    Room("Office", "room", (11.0, 14.0), (8.0, 12.5), (12.0, 13.0), 12.5, 9.6, _OFFICE),
    Room("Room 2", "room", (14.0, 18.0), (8.0, 12.5), (15.4, 16.6), 16.0, 9.3, _beds(_ROOM_2, 12.4, -1.0)),
)
CORRIDOR_SPOTS = (
    *(Spot(x, 7.7, NORTH, 0.4) for x in (5.8, 7.0, 8.2)),  # at the counter
    *(Spot(x, 5.75, SOUTH, 0.7) for x in (6.9, 7.6, 11.6)),  # at the trolleys
    *(Spot(x, 7.5, SOUTH, 0.2) for x in (3.6, 11.5, 13.4)),  # with the back to the wall
)


def _wall(x: Range, y: Range, z: Range = (0.0, CEILING)) -> Block:
    return Block((x[0], y[0], z[0]), (x[1], y[1], z[1]), "wall")


def _along_x(y: float, x: Range, openings: tuple[Range, ...] = ()) -> list[Block]:
    """A wall from west to east with openings, and what is above them."""
    edges = [x[0] - HALF_WALL, *(edge for opening in openings for edge in opening), x[1] + HALF_WALL]
    thick = (y - HALF_WALL, y + HALF_WALL)
    solid = [_wall((a, b), thick) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return solid + [_wall(opening, thick, (DOOR_HEIGHT, CEILING)) for opening in openings]


def _along_y(x: float, y: Range, openings: tuple[Range, ...] = ()) -> list[Block]:
    """A wall from south to north with openings, and what is above them."""
    edges = [y[0] - HALF_WALL, *(edge for opening in openings for edge in opening), y[1] + HALF_WALL]
    thick = (x - HALF_WALL, x + HALF_WALL)
    solid = [_wall(thick, (a, b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return solid + [_wall(thick, opening, (DOOR_HEIGHT, CEILING)) for opening in openings]


def _walls() -> list[Block]:
    south = tuple(room.door for room in ROOMS if room.y[0] == 0)
    north = tuple(room.door for room in ROOMS if room.y[0] == 8)
    return [
        *_along_x(0.0, (0.0, 18.0)), *_along_x(12.5, (0.0, 18.0)),
        *_along_x(5.0, (0.0, 18.0), south), *_along_x(8.0, (0.0, 18.0), north),
        *_along_y(0.0, (0.0, 12.5)), *_along_y(18.0, (0.0, 12.5), (ENTRANCE,)),
        *_along_y(7.5, (0.0, 5.0)), *_along_y(10.5, (0.0, 5.0)),
        *_along_y(4.5, (8.0, 12.5)), *_along_y(11.0, (8.0, 12.5)), *_along_y(14.0, (8.0, 12.5)),
        *_along_x(3.0, (18.0, 21.0)), *_along_x(11.0, (18.0, 21.0)), *_along_y(21.0, (3.0, 11.0)),
    ]  # fmt: skip


def _bed(x: float, head: float, into: float) -> list[Block]:
    """A hospital bed with its cabinet; `into` as for the spots around it."""

    def part(dx: Range, dy: Range, z: Range, material: Material) -> Block:
        near, far = sorted((head + into * dy[0], head + into * dy[1]))
        return Block((x + dx[0], near, z[0]), (x + dx[1], far, z[1]), material)

    return [
        part((-0.40, 0.40), (0.15, 2.05), (0.12, 0.38), "metal"),
        part((-0.45, 0.45), (0.10, 2.10), (0.38, 0.58), "bed"),
        part((-0.46, 0.46), (0.75, 2.11), (0.50, 0.64), "blanket"),
        part((-0.30, 0.30), (0.14, 0.52), (0.58, 0.68), "pillow"),
        part((-0.48, 0.48), (0.02, 0.08), (0.30, 1.05), "wood"),
        part((-0.46, 0.46), (2.11, 2.16), (0.30, 0.85), "wood"),
        part((0.62, 1.02), (0.02, 0.44), (0.00, 0.78), "counter"),
    ]


def _furniture() -> list[Block]:
    beds = [*((x, 0.1, 1.0) for x in _BAY_A + _BAY_B), *((x, 12.4, -1.0) for x in _ROOM_1 + _ROOM_2)]
    station = [
        Block((5.2, 8.2, 0.0), (9.2, 8.7, 1.0), "counter"), Block((5.1, 8.12, 1.0), (9.3, 8.78, 1.06), "wood"),
        Block((5.4, 10.75, 0.0), (9.8, 11.4, 0.72), "wood"), Block((5.0, 12.05, 0.0), (10.5, 12.42, 1.9), "shelf"),
        *(Block((x - 0.28, 11.1, 0.8), (x + 0.28, 11.16, 1.18), "screen") for x in (5.9, 7.0, 8.1, 9.2)),
    ]  # fmt: skip
    corridor = [
        Block((6.5, 5.08, 0.12), (7.3, 5.5, 0.95), "metal"), Block((7.4, 5.08, 0.1), (8.0, 5.48, 1.3), "cloth"),
        Block((11.2, 5.08, 0.1), (12.0, 5.5, 0.95), "metal"), Block((0.15, 5.1, 0.0), (0.55, 5.5, 0.4), "counter"),
        Block((0.2, 5.15, 0.4), (0.5, 5.45, 1.3), "plant"), Block((17.3, 7.45, 0.0), (17.75, 7.9, 0.45), "cloth"),
    ]  # fmt: skip
    supply = [
        Block((7.6, 0.1, 0.0), (10.4, 0.6, 2.0), "shelf"), Block((7.6, 3.9, 0.0), (8.2, 4.9, 1.6), "shelf"),
        Block((11.2, 11.5, 0.0), (13.8, 12.2, 0.74), "wood"), Block((12.2, 11.9, 0.8), (12.8, 11.95, 1.2), "screen"),
    ]  # fmt: skip
    return [*(part for bed in beds for part in _bed(*bed)), *station, *corridor, *supply, *_fittings()]


def _fittings() -> list[Block]:
    """What hangs on the walls: open doors, posters, curtains that are drawn back."""
    doors = [Block((8.43, 4.02, 0.02), (8.48, 4.94, 2.1), "door"), *(
        Block((x - 0.07, 8.06, 0.02), (x - 0.02, 8.06 + wide, 2.1), "door") for x, wide in ((1.7, 1.1), (12.0, 0.95), (15.4, 1.1))
    )]  # fmt: skip
    posters = [
        *(Block((0.06, y, 1.35), (0.075, y + 0.6, 2.15), "paper") for y in (2.2, 3.2)),
        *(Block((17.925, y, 1.35), (17.94, y + 0.6, 2.15), "paper") for y in (1.6, 3.2)),
        *(Block((x, 5.06, 1.4), (x + 0.9, 5.075, 2.0), "paper") for x in (5.3, 9.8, 16.2)),
        *(Block((x, 7.925, 1.4), (x + 0.8, 7.94, 2.0), "paper") for x in (3.3, 13.2)),
        Block((4.56, 9.3, 1.2), (4.575, 11.0, 2.1), "paper"),
    ]
    curtains = [Block((x, 0.08, 0.35), (x + 0.08, 0.6, 2.2), "cloth") for x in (2.55, 4.95, 13.05, 15.45)]
    return [*doors, *posters, *curtains, *(part for room in ROOMS for part in _frame(room))]


def _frame(room: Room) -> list[Block]:
    """The frame around the opening of a room."""
    wall = room.y[1] if room.y[0] == 0 else room.y[0]
    low, high = wall - HALF_WALL - 0.015, wall + HALF_WALL + 0.015
    spans = ((room.door[0] - 0.07, room.door[0] + 0.015), (room.door[1] - 0.015, room.door[1] + 0.07))
    posts = [Block((x0, low, 0.0), (x1, high, DOOR_HEIGHT + 0.07), "door") for x0, x1 in spans]
    return [*posts, Block((spans[0][0], low, DOOR_HEIGHT - 0.015), (spans[1][1], high, DOOR_HEIGHT + 0.07), "door")]


WALLS = tuple(_walls())
FURNITURE = tuple(_furniture())
WINDOWS = (  # x range and wall (y); from 0.95 m to 2.4 m above the floor
    ((0.6, 2.4), 0.0), ((2.9, 4.7), 0.0), ((5.2, 7.0), 0.0), ((11.0, 12.8), 0.0), ((13.4, 15.2), 0.0), ((15.8, 17.5), 0.0),
    ((1.2, 3.4), 12.5), ((14.9, 17.1), 12.5), ((11.6, 13.4), 12.5),
)  # fmt: skip
