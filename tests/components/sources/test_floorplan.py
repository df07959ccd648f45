from __future__ import annotations

from typing import Any

import pytest

from components.sources.floorplan import CORRIDOR, CORRIDOR_SPOTS, FURNITURE, LOBBY, OUTSIDE, ROOMS, WALLS


def _inside(x: float, y: float, xs: tuple[float, float], ys: tuple[float, float]) -> bool:
    return xs[0] < x < xs[1] and ys[0] < y < ys[1]


def test_the_fleet_names_every_room_with_its_outline(fleet: dict[str, Any]) -> None:
    areas = [CORRIDOR, LOBBY, *((room.name, room.kind, room.x, room.y) for room in ROOMS)]
    expected = {name: (kind, {(x, y) for x in xs for y in ys}) for name, kind, xs, ys in areas}
    assert {zone["name"]: (zone["kind"], {tuple(corner) for corner in zone["polygon"]}) for zone in fleet["zones"]} == expected


def test_rooms_do_not_overlap_and_touch_the_corridor() -> None:
    for room in ROOMS:
        assert room.y[1] == CORRIDOR[3][0] or room.y[0] == CORRIDOR[3][1]
        assert room.x[0] < room.door[0] < room.entry < room.door[1] < room.x[1]
        for other in ROOMS:
            if other is not room:
                assert room.x[1] <= other.x[0] or other.x[1] <= room.x[0] or room.y != other.y


def test_spots_are_in_their_room_and_beside_the_furniture() -> None:
    for room in ROOMS:
        assert all(_inside(spot.x, spot.y, room.x, room.y) for spot in room.spots)
    assert all(_inside(spot.x, spot.y, *CORRIDOR[2:]) for spot in CORRIDOR_SPOTS)
    assert _inside(OUTSIDE.x, OUTSIDE.y, *LOBBY[2:])
    for spot in (*(spot for room in ROOMS for spot in room.spots), *CORRIDOR_SPOTS, OUTSIDE):
        for block in (*WALLS, *FURNITURE):
            free = block.low[2] > 1.9 or not _inside(spot.x, spot.y, (block.low[0], block.high[0]), (block.low[1], block.high[1]))
            assert free, (spot, block)


@pytest.mark.parametrize("blocks", [WALLS, FURNITURE])
def test_blocks_have_a_size(blocks: tuple[Any, ...]) -> None:
    assert all(low < high for block in blocks for low, high in zip(block.low, block.high, strict=True))
