"""Draws one person of the simulated ward from projected joints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from components.contracts import Bgr, Floats64
from components.sources.bodies import BACK, BADGE, CHEST, JOINT, RING, TRUNK, Look

DICTIONARY = cv2.aruco.DICT_4X4_50
SHEET = 8  # cells along a badge: six of the marker and one of white border on either side


@dataclass(frozen=True, slots=True)
class Pen:
    """Where one figure is drawn, and in which light."""

    canvas: Bgr  # black where nothing has been drawn
    points: Floats64  # (POINTS, 2) pixels of the canvas
    depth: Floats64  # (POINTS,) metres
    scale: float  # pixels per metre at the person's distance
    light: Floats64  # (3,) BGR factors

    def colour(self, bgr: tuple[int, int, int], shade: float = 1.0) -> tuple[float, float, float]:
        """What a colour looks like in this light; never black, which means nothing."""
        b, g, r = np.clip(np.multiply(bgr, self.light) * shade, 6, 252).tolist()
        return (b, g, r)

    def at(self, joint: str) -> tuple[int, int]:
        x, y = self.points[JOINT[joint]]
        return round(x), round(y)

    def bone(self, upper: str, lower: str, metres: float, colour: tuple[float, float, float]) -> None:
        cv2.line(self.canvas, self.at(upper), self.at(lower), colour, max(1, round(metres * self.scale)))

    def ball(self, joint: str, metres: float, colour: tuple[float, float, float]) -> None:
        cv2.circle(self.canvas, self.at(joint), max(1, round(metres * self.scale)), colour, -1)


def draw(pen: Pen, look: Look, badge: int) -> None:
    """Draw somebody on an empty canvas, far parts first."""
    left_near = pen.depth[JOINT["shoulder_l"]] < pen.depth[JOINT["shoulder_r"]]
    far, near = ("r", "l") if left_near else ("l", "r")
    _leg(pen, look, far, 0.82)
    _leg(pen, look, near, 1.0)
    _arm(pen, look, far, 0.85)
    _trunk(pen, look)
    if badge >= 0:
        _badge(pen, badge, CHEST)
        _badge(pen, badge, BACK)
    _arm(pen, look, near, 1.0)
    _head(pen, look)


def _leg(pen: Pen, look: Look, side: str, shade: float) -> None:
    cloth, lit = pen.colour(look.trousers, shade * 0.86), pen.colour(look.trousers, shade)
    pen.bone(f"ankle_{side}", f"toe_{side}", 0.085, pen.colour(look.shoes, shade))
    pen.bone(f"hip_{side}", f"knee_{side}", 0.165 * look.girth, cloth)
    pen.bone(f"knee_{side}", f"ankle_{side}", 0.115 * look.girth, cloth)
    if pen.scale > 60:
        pen.bone(f"hip_{side}", f"knee_{side}", 0.08, lit)
        pen.bone(f"knee_{side}", f"ankle_{side}", 0.05, lit)


def _arm(pen: Pen, look: Look, side: str, shade: float) -> None:
    sleeve, skin = pen.colour(look.top, shade * 0.9), pen.colour(look.skin, shade)
    pen.bone(f"elbow_{side}", f"hand_{side}", 0.08, sleeve if look.long_sleeves else skin)
    pen.ball(f"hand_{side}", 0.05, skin)
    pen.bone(f"shoulder_{side}", f"elbow_{side}", 0.105 * look.girth, sleeve)


def _trunk(pen: Pen, look: Look) -> None:
    _hull(pen, look, 1, 2)
    if look.coat:
        _hull(pen, look, 2, 3)
    _hull(pen, look, 0, 1)


def _hull(pen: Pen, look: Look, upper: int, lower: int) -> None:
    """The part of the trunk between two outlines; its side away from the light is darker."""
    rows = np.r_[TRUNK + upper * RING : TRUNK + (upper + 1) * RING, TRUNK + lower * RING : TRUNK + (lower + 1) * RING]
    points = np.rint(pen.points[rows]).astype(np.int32)
    cv2.fillConvexPoly(pen.canvas, cv2.convexHull(points), pen.colour(look.top))
    if pen.scale > 45:
        middle = points[:, 0].mean() + 0.08 * pen.scale
        dark = points[points[:, 0] > middle]
        if len(dark) > 2:
            cv2.fillConvexPoly(pen.canvas, cv2.convexHull(dark), pen.colour(look.top, 0.86))


def _head(pen: Pen, look: Look) -> None:
    skin, hair = pen.colour(look.skin), pen.colour(look.hair)
    facing = pen.depth[JOINT["face"]] < pen.depth[JOINT["hair"]]
    pen.bone("neck", "head", 0.10, pen.colour(look.skin, 0.85))
    if facing:
        _hair(pen, look, hair)
    pen.ball("face", 0.09, skin)
    if facing and pen.scale > 90:
        pen.ball("eye_l", 0.014, pen.colour((40, 40, 44)))
        pen.ball("eye_r", 0.014, pen.colour((40, 40, 44)))
    if not facing:
        _hair(pen, look, hair)


def _hair(pen: Pen, look: Look, hair: tuple[float, float, float]) -> None:
    pen.ball("hair", 0.102, hair)
    if look.long_hair:
        pen.bone("hair", "bun", 0.16, hair)


def _badge(pen: Pen, badge: int, first: int) -> None:
    """The printed sheet on chest or back, where it faces the camera."""
    corners = pen.points[first : first + BADGE]
    a, b, c = corners[0], corners[1], corners[2]
    if (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]) <= 2:
        return
    low, high = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int) + 1
    low, high = np.maximum(low, 0), np.minimum(high, pen.canvas.shape[1::-1])
    if (high - low).min() < 2:
        return
    sheet = _sheet(badge, 4 if pen.scale * 0.24 > 48 else 2 if pen.scale * 0.24 > 14 else 1)
    side = len(sheet)
    source = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, (corners - low).astype(np.float32))
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    lit = np.clip(sheet * pen.light, 6, 252).astype(np.uint8)
    target = pen.canvas[low[1] : high[1], low[0] : high[0]]
    cv2.warpPerspective(lit, matrix, size, dst=target, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)


@cache
def _sheet(badge: int, cell: int) -> Bgr:
    """A printed badge: the marker with its white border, `cell` pixels per cell."""
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    marker = cv2.aruco.generateImageMarker(dictionary, badge, SHEET - 2)
    sheet = cv2.copyMakeBorder(marker, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255,))
    grey = np.where(sheet > 0, 240, 24).repeat(cell, 0).repeat(cell, 1)
    return np.stack([grey] * 3, -1).astype(np.uint8)
