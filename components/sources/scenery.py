"""What a camera of the simulated ward sees while nobody is there: ray cast once, lit again when the light changes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Bgr, Floats32
from components.sources import light
from components.sources.floorplan import CEILING, CORRIDOR, FURNITURE, LOBBY, ROOMS, WALLS, WINDOWS, Block
from components.sources.optics import Pose

FLOOR, CEIL, FIRST = 0, 1, 2  # surfaces: the floor, the ceiling, and from FIRST on the blocks
FAR = 1e6
BLOCKS = (*WALLS, *FURNITURE)
COLOURS = {  # BGR of the materials in white light
    "wall": (206, 216, 218),
    "bed": (228, 232, 232),
    "blanket": (196, 170, 132),
    "pillow": (240, 243, 243),
    "metal": (176, 178, 174),
    "wood": (112, 152, 186),
    "counter": (206, 214, 212),
    "screen": (58, 50, 46),
    "cloth": (150, 140, 96),
    "plant": (66, 122, 72),
    "shelf": (186, 196, 198),
    "door": (128, 158, 180),
    "paper": (228, 226, 214),
}
FLOORS = {"room": (178, 190, 190), "corridor": (176, 184, 172), "desk": (170, 186, 194), "lobby": (164, 172, 176)}
BAND, RAIL = (178, 176, 128), (120, 112, 84)  # BGR of the wall's lower part and of its handrail
FACES = np.array([0.86, 0.94, 1.0], np.float32)  # how light a face across x, y, z is


class Scenery:
    """The empty ward, from one pose. All arrays are (height, width, ...) of the picture."""

    def __init__(self, pose: Pose) -> None:
        self.shape = (pose.height, pose.width)
        rays = pose.rays()
        reach, surface, face = _cast(pose, rays)
        points = (np.asarray(pose.position, np.float32) + rays * reach[..., None]).reshape(-1, 3)
        surface, face = surface.ravel(), face.ravel()
        ahead = (points[:, :2] - np.asarray(pose.position[:2])) @ pose.ahead
        solid = surface >= FIRST
        self.floor = np.where(surface == FLOOR, 255, 0).astype(np.uint8).reshape(self.shape)  # mask: here is floor
        self.ahead = (
            np.where(solid, ahead, FAR).astype(np.float32).reshape(self.shape)
        )  # metres ahead of the camera, of what can hide people
        self._albedo = _paint(points, surface, face)
        self._lamp = light.sample(light.lamp_chart(), points[:, :2])
        self._sky = np.where(_beside_windows(points), 0.6, light.sample(light.sky_chart(), points[:, :2])).astype(np.float32)
        self._glow = _windows(points, surface)

    def lit(self, hour: float) -> Bgr:
        """The picture of the empty ward at an hour of the day."""
        factors = light.gain(hour, self._lamp, self._sky).astype(np.float32)
        picture = self._albedo * factors
        bright = light.daylight(hour)
        picture[self._glow] = np.array([60, 42, 30]) * (1 - bright) + np.array([250, 244, 234]) * bright
        bounded = np.clip(picture, 4, 250).astype(np.uint8).reshape(*self.shape, 3)
        soft: Bgr = cv2.GaussianBlur(bounded, (3, 3), 0.6).astype(np.uint8, copy=False)
        return soft


def _cast(pose: Pose, rays: Floats32) -> tuple[Floats32, NDArray[np.int16], NDArray[np.int8]]:
    """Distance along each ray, the surface that it meets, and the axis (0..2) that the met face is across."""
    height = pose.position[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        slowness: Floats32 = (1 / np.moveaxis(rays, -1, 0)).astype(np.float32, order="C")
        down = slowness[2] < 0
        reach = np.where(down, -height * slowness[2], (CEILING - height) * slowness[2]).astype(np.float32)
        surface = np.where(down, FLOOR, CEIL).astype(np.int16)
        face = np.full(reach.shape, 2, np.int8)
        for number, block in enumerate(BLOCKS):
            window = _window(pose, block)
            if window is not None:
                distance, axis = _meet(pose, slowness[:, *window], block)
                hit = distance < reach[window]
                reach[window][hit], surface[window][hit], face[window][hit] = distance[hit], FIRST + number, axis[hit]
    return np.minimum(reach, 200.0), surface, face


def _window(pose: Pose, block: Block) -> tuple[slice, slice] | None:
    """The part of the picture that a block can cover; None where it is behind the camera."""
    corners = np.array(
        [
            [x, y, z]
            for x in (block.low[0], block.high[0])
            for y in (block.low[1], block.high[1])
            for z in (block.low[2], block.high[2])
        ]
    )
    pixels, depth = pose.project(corners)
    if depth.max() <= 0.05:
        return None
    if depth.min() <= 0.05:
        return slice(0, pose.height), slice(0, pose.width)
    low, high = np.floor(pixels.min(0)), np.ceil(pixels.max(0)) + 1
    x0, y0 = np.clip(low, 0, [pose.width, pose.height]).astype(int)
    x1, y1 = np.clip(high, 0, [pose.width, pose.height]).astype(int)
    return (slice(y0, y1), slice(x0, x1)) if x1 > x0 and y1 > y0 else None


def _meet(pose: Pose, slowness: Floats32, block: Block) -> tuple[Floats32, NDArray[np.int8]]:
    """How far along each ray a block begins (FAR where it is missed), and which axis that face is across.

    The slab method; `slowness` is (3, ...), one over the ray's direction.
    """
    begin, end, axis = np.float32(0.02), np.float32(FAR), np.zeros(slowness.shape[1:], np.int8)
    for across in range(3):
        low = (block.low[across] - np.float32(pose.position[across])) * slowness[across]
        high = (block.high[across] - np.float32(pose.position[across])) * slowness[across]
        enter = np.minimum(low, high)
        np.copyto(axis, across, where=enter > begin)
        begin, end = np.maximum(begin, enter), np.minimum(end, np.maximum(low, high))
    return np.where(begin < end, begin, np.float32(FAR)), axis


def _paint(points: Floats32, surface: NDArray[np.int16], face: NDArray[np.int8]) -> Floats32:
    """The colour of every point in white light, BGR float32."""
    palette = np.array([(0, 0, 0), (214, 218, 218), *(COLOURS[block.material] for block in BLOCKS)], np.float32)
    colours = palette[surface]
    floor = surface == FLOOR
    colours[floor] = _tiles(points[floor])
    wall = (surface >= FIRST) & (surface < FIRST + len(WALLS)) & (face != 2)
    colours[wall] = _walls(points[wall])
    solid = surface >= FIRST
    colours[solid] *= FACES[face[solid]][:, None]
    furniture = surface >= FIRST + len(WALLS)
    colours[furniture] *= _grain(points[furniture])[:, None]
    return colours


def _tiles(points: Floats32) -> Floats32:
    """Vinyl tiles of 0.6 m: each a little different, with seams, in the shade of what stands there."""
    x, y = points[:, 0], points[:, 1]
    colours = np.full(points.shape, FLOORS["lobby"], np.float32)
    for _, kind, (x0, x1), (y0, y1) in [CORRIDOR, LOBBY, *((room.name, room.kind, room.x, room.y) for room in ROOMS)]:
        colours[(x >= x0) & (x < x1) & (y >= y0) & (y < y1)] = FLOORS[kind]
    column, row = np.floor(x / 0.6), np.floor(y / 0.6)
    tone = 1.0 + 0.035 * np.sin(column * 12.9898 + row * 78.233) * np.cos(column * 4.1 + row * 7.7)
    seam = (np.abs(x / 0.6 - column - 0.5) > 0.485) | (np.abs(y / 0.6 - row - 0.5) > 0.485)
    tone = tone * np.where(seam, 0.94, 1.0) * light.sample(light.shade_chart(), points[:, :2])
    tiled: Floats32 = (colours * tone[:, None]).astype(np.float32)
    return tiled


def _walls(points: Floats32) -> Floats32:
    """Paint in two tones with a handrail between them and a dark skirting."""
    z = points[:, 2, None]
    colours = np.where(z < 1.0, np.array(BAND, np.float32), np.array(COLOURS["wall"], np.float32))
    colours = np.where((z > 0.92) & (z < 1.02), np.array(RAIL, np.float32), colours)
    colours = np.where(z < 0.1, np.array((96, 98, 92), np.float32), colours)
    painted: Floats32 = (colours * np.minimum(1.0, 0.86 + 0.2 * z)).astype(np.float32)
    return painted


def _grain(points: Floats32) -> Floats32:
    """Shelves, drawers and folds: faint stripes across what stands around, lighter towards the top."""
    stripes = 1.0 - 0.10 * (np.abs((points[:, 2] % 0.38) - 0.19) > 0.175)
    grain: Floats32 = (stripes * np.minimum(1.0, 0.8 + 0.3 * points[:, 2])).astype(np.float32)
    return grain


def _beside_windows(points: Floats32) -> NDArray[np.bool_]:
    """(pixels,) where a wall has windows: daylight passes it by."""
    beside: NDArray[np.bool_] = np.any([np.abs(points[:, 1] - wall) < 0.12 for wall in {wall for _, wall in WINDOWS}], axis=0)
    return beside


def _windows(points: Floats32, surface: NDArray[np.int16]) -> NDArray[np.bool_]:
    """(pixels,) where a window is."""
    glass = np.zeros(len(points), bool)
    x, y, z = points.T
    for (x0, x1), wall in WINDOWS:
        pane = (x > x0) & (x < x1) & (np.abs(y - wall) < 0.12) & (z > 0.95) & (z < 2.4)
        bars = np.abs(x - (x0 + x1) / 2) < 0.03
        glass |= pane & ~bars
    return glass & (surface >= FIRST)
