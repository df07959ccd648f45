"""Puts the people of a moment into the scenery of a camera: the picture, and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from components.contracts import Bgr, Floats32, Floats64
from components.sources import light
from components.sources.bodies import JOINT, POINTS, joints, looks
from components.sources.figures import Pen, draw
from components.sources.optics import Pose
from components.sources.scenery import Scenery
from components.sources.ward import HOUR, Moment, Ward

LIGHT_STEP = HOUR // 6  # ns: how often the light changes
NEAREST = 0.5  # metres: who is nearer to the lens is not drawn
TOLERANCE = 0.25  # metres: half of somebody's depth, which furniture must be nearer than to hide them


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture and who is in it. Row i of every array is person i; people who cannot be seen are left out."""

    image: Bgr
    actors: tuple[int, ...]  # index into Ward.actors
    boxes: Floats32  # (n, 4) xyxy pixels, around the whole figure, clipped to the picture
    floor: Floats64  # (n, 2) metres
    visibility: Floats32  # (n,) 0..1


@dataclass(frozen=True, slots=True)
class _Figure:
    """One drawn person, before anything hides them."""

    row: int  # in the moment
    patch: Bgr
    mask: Bgr
    corner: tuple[int, int]  # of the patch, x and y in the picture
    pixels: int  # of the whole figure, in the picture or not


class Stage:
    """The ward seen from one pose. Keeps one lit background, of the latest light."""

    def __init__(self, ward: Ward, pose: Pose) -> None:
        self.ward, self.pose = ward, pose
        self.cast = looks(ward)
        self.scenery = Scenery(pose)
        self._lamp, self._sky = light.lamp_chart(), light.sky_chart()
        self._backdrop: tuple[int, Bgr] | None = None

    def shoot(self, time: int) -> Shot:
        """The picture at true time `time` (ns), without sensor noise, and who is in it."""
        moment = self.ward.at(time)
        image = self.backdrop(time).copy()
        points = joints(moment, self.cast)
        pixels, depth = self.pose.project(points)
        order = [row for row in np.argsort(-depth[:, JOINT["foot"]]) if depth[row].min() > NEAREST]
        gains = light.gain(self._hour(time), light.sample(self._lamp, moment.floor), light.sample(self._sky, moment.floor))
        owner = np.zeros(image.shape[:2], np.uint8)
        for row in order:
            self._shadow(image, moment.floor[row])
        figures = [self._paste(row, moment, pixels[row], depth[row], gains[row], image, owner) for row in order]
        return self._truth(image, owner, moment, [figure for figure in figures if figure is not None])

    def backdrop(self, time: int) -> Bgr:
        """The empty ward in the light of `time`."""
        step = time // LIGHT_STEP
        if self._backdrop is None or self._backdrop[0] != step:
            self._backdrop = (step, self.scenery.lit(self._hour(time)))
        return self._backdrop[1]

    def _hour(self, time: int) -> float:
        return self.ward.hour(time // LIGHT_STEP * LIGHT_STEP)

    def _shadow(self, image: Bgr, floor: Floats64) -> None:
        """Darken the floor around the feet, softly."""
        angle = np.arange(12) * np.pi / 6
        rim = np.stack([np.cos(angle), np.sin(angle), np.zeros(12)], -1)
        for radius, shade in ((0.36, 0.88), (0.22, 0.82)):
            pixels, depth = self.pose.project(rim * radius + [*floor, 0.0])
            if depth.min() > NEAREST:
                _darken(image, self.scenery.floor, np.rint(pixels).astype(np.int32), shade)

    def _paste(
        self, row: int, moment: Moment, pixels: Floats64, depth: Floats64, gain: Floats64, image: Bgr, owner: Bgr
    ) -> _Figure | None:
        """Draw somebody and put what the furniture does not hide into the picture."""
        scale = self.pose.lens[0, 0] / depth[JOINT["head"]]
        span = _span(pixels, scale, self.pose)
        if span is None:
            return None
        x0, y0, x1, y1 = span
        view = np.s_[max(y0, 0) : min(y1, self.pose.height), max(x0, 0) : min(x1, self.pose.width)]
        ahead = float((moment.floor[row] - self.pose.position[:2]) @ self.pose.ahead) - TOLERANCE
        shown = self.scenery.ahead[view] > ahead
        if not shown.any():
            return None
        canvas = np.zeros((y1 - y0, x1 - x0, 3), np.uint8)
        number = int(moment.actors[row])
        draw(Pen(canvas, pixels - [x0, y0], depth, scale, gain), self.cast[number], self.ward.actors[number].badge)
        mask = cv2.inRange(canvas, (1, 1, 1), (255, 255, 255))
        inside = np.s_[view[0].start - y0 : view[0].stop - y0, view[1].start - x0 : view[1].stop - x0]
        visible = cv2.bitwise_and(mask[inside], mask[inside], mask=shown.view(np.uint8))
        cv2.copyTo(canvas[inside], visible, image[view])
        owner[view][visible > 0] = row + 1
        return _Figure(int(row), canvas, mask, (x0, y0), cv2.countNonZero(mask))

    def _truth(self, image: Bgr, owner: Bgr, moment: Moment, figures: list[_Figure]) -> Shot:
        counts = np.bincount(owner.ravel(), minlength=len(moment.actors) + 1)[1:]
        seen = sorted((figure for figure in figures if counts[figure.row] > 0), key=lambda figure: figure.row)
        rows = [figure.row for figure in seen]
        share = np.array([counts[figure.row] / figure.pixels for figure in seen], np.float32)
        boxes = np.array([self._box(figure) for figure in seen], np.float32).reshape(-1, 4)
        return Shot(image, tuple(moment.actors[rows].tolist()), boxes, moment.floor[rows], share)

    def _box(self, figure: _Figure) -> tuple[float, float, float, float]:
        x, y, w, h = cv2.boundingRect(figure.mask)
        x, y = x + figure.corner[0], y + figure.corner[1]
        return max(x, 0), max(y, 0), min(x + w, self.pose.width), min(y + h, self.pose.height)


def _span(pixels: Floats64, scale: float, pose: Pose) -> tuple[int, int, int, int] | None:
    """The part of the plane (x0, y0, x1, y1) that holds a figure; None where that is outside of the picture."""
    margin = 0.14 * scale + 2
    low, high = np.floor(pixels[:POINTS].min(0) - margin), np.ceil(pixels[:POINTS].max(0) + margin)
    if (high <= 0).any() or low[0] >= pose.width or low[1] >= pose.height:
        return None
    x0, y0 = np.maximum(low, [-pose.width, -pose.height]).astype(int)
    x1, y1 = np.minimum(high, [2 * pose.width, 2 * pose.height]).astype(int)
    return int(x0), int(y0), int(x1), int(y1)


def _darken(image: Bgr, where: Bgr, polygon: Floats64, shade: float) -> None:
    """Multiply the pixels of a convex polygon, as far as `where` allows it."""
    x, y, w, h = cv2.boundingRect(polygon)
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, image.shape[1]), min(y + h, image.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.fillConvexPoly(mask, polygon - np.array([x0, y0], np.int32), (255,))
    mask &= where[y0:y1, x0:x1]
    patch = image[y0:y1, x0:x1]
    cv2.copyTo(cv2.convertScaleAbs(patch, alpha=shade), mask, patch)
