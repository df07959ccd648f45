"""Puts the people of a moment into the scenery of a camera: the picture, and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Bgr, Floats32, Floats64
from components.sources import light
from components.sources.bodies import JOINT, joints, looks
from components.sources.figures import Pen, draw
from components.sources.optics import Pose
from components.sources.scenery import Scenery
from components.sources.ward import HOUR, Moment, Ward

LIGHT_STEP = HOUR // 6  # ns: how often the light changes
NEAREST = 0.5  # metres: who is nearer to the lens is not drawn
TOLERANCE = 0.25  # metres: half of somebody's depth; what hides them must be nearer than that
RIM = np.stack([np.cos(np.arange(12) * np.pi / 6), np.sin(np.arange(12) * np.pi / 6), np.zeros(12)], -1)
SHADOW = ((0.40, 236), (0.31, 216), (0.22, 192))  # radius in metres, light that is left of 255


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture and who is in it. Row i of every array is person i; people who cannot be seen are left out."""

    image: Bgr
    actors: tuple[int, ...]  # index into Ward.actors
    boxes: Floats32  # (n, 4) xyxy pixels, around the whole figure, clipped to the picture
    floor: Floats64  # (n, 2) metres
    visibility: Floats32  # (n,) 0..1

    def without_people(self) -> Shot:
        """The same picture, of which nobody can tell who is in it."""
        return Shot(self.image, (), self.boxes[:0], self.floor[:0], self.visibility[:0])


@dataclass(frozen=True, slots=True)
class _Scene:
    """Everybody on the ward as one camera sees them. Row i of every array is person i of the moment."""

    moment: Moment
    pixels: Floats64  # (n, POINTS, 2)
    depth: Floats64  # (n, POINTS) metres
    gains: Floats64  # (n, 3) the light that falls on somebody, BGR factors
    image: Bgr
    owner: NDArray[np.uint8]  # (height, width) whose pixel it is: row + 1, 0 for the scenery


@dataclass(frozen=True, slots=True)
class _Figure:
    """One person who has been drawn."""

    row: int  # in the moment
    view: tuple[slice, slice]  # the part of the picture that the figure lies in
    box: tuple[int, int, int, int]  # xyxy of the whole figure, clipped to the picture
    pixels: int  # of the whole figure, in the picture or not


class Stage:
    """One wing of the ward seen from one pose, in the metres of the first wing. Keeps the backdrop in the latest light."""

    def __init__(self, ward: Ward, pose: Pose, wing: int = 0) -> None:
        self.ward, self.pose, self.wing = ward, pose, wing
        self.cast = looks(ward)
        self.scenery = Scenery(pose)
        self._lamp, self._sky = light.lamp_chart(), light.sky_chart()
        self._backdrop: tuple[int, Bgr] | None = None

    def shoot(self, time: int) -> Shot:
        """The picture at true time `time` (ns), without sensor noise, and who is in it."""
        scene = self._scene(time)
        depth = scene.depth[:, JOINT["foot"]]
        order = [int(row) for row in np.argsort(-depth) if scene.depth[row].min() > NEAREST]
        for row in order:
            self._shade(scene, row)
        drawn = [figure for row in order if (figure := self._draw(scene, row))]
        return _shot(scene, sorted(drawn, key=lambda figure: figure.row))

    def backdrop(self, time: int) -> Bgr:
        """The empty ward in the light of `time`."""
        step = time // LIGHT_STEP
        if self._backdrop is None or self._backdrop[0] != step:
            self._backdrop = (step, self.scenery.lit(self._hour(time)))
        return self._backdrop[1]

    def _hour(self, time: int) -> float:
        return self.ward.hour(time // LIGHT_STEP * LIGHT_STEP)

    def _scene(self, time: int) -> _Scene:
        moment, image = self.ward.at(time, self.wing), self.backdrop(time).copy()
        pixels, depth = self.pose.project(joints(moment, self.cast))
        lamp, sky = light.sample(self._lamp, moment.floor), light.sample(self._sky, moment.floor)
        gains = light.gain(self._hour(time), lamp, sky)
        return _Scene(moment, pixels, depth, gains, image, np.zeros(image.shape[:2], np.uint8))

    def _shade(self, scene: _Scene, row: int) -> None:
        """Somebody's soft shadow on the floor."""
        floor = np.array([*scene.moment.floor[row], 0.0])
        rings = [self.pose.project(RIM * radius + floor)[0] for radius, _ in SHADOW]
        corner, size = _clip(rings[0], 2.0, self.pose)
        if min(size) <= 0:
            return
        rest = np.full((size[1], size[0]), 255, np.uint8)
        for ring, (_, left) in zip(rings, SHADOW, strict=True):
            cv2.fillConvexPoly(rest, np.rint(ring - corner).astype(np.int32), (left,))
        view = np.s_[corner[1] : corner[1] + size[1], corner[0] : corner[0] + size[0]]
        soft = cv2.bitwise_or(cv2.blur(rest, (5, 5)), cv2.bitwise_not(self.scenery.floor[view]))
        patch = scene.image[view]
        cv2.multiply(patch, cv2.merge((soft, soft, soft)), dst=patch, scale=1 / 255)

    def _draw(self, scene: _Scene, row: int) -> _Figure | None:
        """Draw somebody and put what the furniture does not hide into the picture; None where nothing is left."""
        scale = self.pose.lens[0, 0] / scene.depth[row, JOINT["head"]]
        (x0, y0), (x1, y1) = _span(scene.pixels[row], scale, self.pose)
        corner, size = _clip(np.array([[x0, y0], [x1, y1]], np.float64), 0.0, self.pose)
        view = np.s_[corner[1] : corner[1] + size[1], corner[0] : corner[0] + size[0]]
        if min(size) <= 0 or not (shown := self.scenery.ahead[view] > self._ahead(scene, row)).any():
            return None
        canvas = np.zeros((y1 - y0, x1 - x0, 3), np.uint8)
        number = int(scene.moment.actors[row])
        pen = Pen(canvas, scene.pixels[row] - (x0, y0), scene.depth[row], scale, scene.gains[row])
        draw(pen, self.cast[number], self.ward.actors[number].badge)
        whole = cv2.inRange(canvas, (1, 1, 1), (255, 255, 255))
        inside = np.s_[corner[1] - y0 : corner[1] - y0 + size[1], corner[0] - x0 : corner[0] - x0 + size[0]]
        mask = cv2.bitwise_and(whole[inside], whole[inside], mask=shown.view(np.uint8))
        cv2.copyTo(canvas[inside], mask, scene.image[view])
        scene.owner[view][mask > 0] = row + 1
        x, y, wide, high = cv2.boundingRect(np.ascontiguousarray(whole[inside]))
        box = (corner[0] + x, corner[1] + y, corner[0] + x + wide, corner[1] + y + high)
        return _Figure(row, view, box, cv2.countNonZero(whole))

    def _ahead(self, scene: _Scene, row: int) -> float:
        """Metres ahead of the camera from which on the scenery hides nothing of somebody."""
        return float((scene.moment.floor[row] - self.pose.position[:2]) @ self.pose.ahead) - TOLERANCE


def _shot(scene: _Scene, drawn: list[_Figure]) -> Shot:
    """The finished picture and who can be seen in it, in the order of the moment."""
    visible = [int(np.count_nonzero(scene.owner[figure.view] == figure.row + 1)) for figure in drawn]
    seen = [(figure, pixels) for figure, pixels in zip(drawn, visible, strict=True) if pixels > 0]
    rows = [figure.row for figure, _ in seen]
    boxes = np.array([figure.box for figure, _ in seen], np.float32).reshape(-1, 4)
    share = np.array([pixels / figure.pixels for figure, pixels in seen], np.float32)
    return Shot(scene.image, tuple(scene.moment.actors[rows].tolist()), boxes, scene.moment.floor[rows], share)


def _span(pixels: Floats64, scale: float, pose: Pose) -> tuple[tuple[int, int], tuple[int, int]]:
    """The corners of the part of the plane that holds a figure, no farther out than a picture's size."""
    margin = 0.14 * scale + 2
    limit = np.array([pose.width, pose.height])
    low = np.clip(np.floor(pixels.min(0) - margin), -limit, 2 * limit).astype(int)
    high = np.clip(np.ceil(pixels.max(0) + margin), -limit, 2 * limit).astype(int)
    return (int(low[0]), int(low[1])), (int(high[0]), int(high[1]))


def _clip(points: Floats64, margin: float, pose: Pose) -> tuple[tuple[int, int], tuple[int, int]]:
    """Corner and size, within the picture, of what holds the points; a size of 0 or less is outside."""
    limit = np.array([pose.width, pose.height])
    low = np.clip(np.floor(points.min(0) - margin), 0, limit).astype(int)
    high = np.clip(np.ceil(points.max(0) + margin), 0, limit).astype(int)
    return (int(low[0]), int(low[1])), (int(high[0] - low[0]), int(high[1] - low[1]))
