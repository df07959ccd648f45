"""Puts people on the floor by where their feet are, and their heads where more is known of the camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.contracts import UNKNOWN, Camera, Floats64, Frame, InputError, Places, Tracks, Zone
from components.pixels import limits
from components.plan import Plan
from components.view import Bools, Look, View

ASPECT = 0.41  # width over height of a person who stands (Dollar 2012, over 250,000 pedestrians)
EDGE = 2.0  # px: a box that ends this close to an edge of the picture goes on beyond it
LOST = 1000.0  # metres: the uncertainty of a place that is none
CLEAR = 0.3  # metres: a camera less than this above heads says nothing about how far they are


@dataclass(frozen=True, slots=True)
class Measured:
    """Where people stand, as one frame alone says. Row i belongs to track i."""

    floor: Floats64  # (n, 2) metres
    covariance: Floats64  # (n, 2, 2) square metres
    seen: Bools  # (n,) False: no place at all

    def uncertainty(self) -> Floats64:
        """(n,) metres, one standard deviation in the worst direction."""
        return np.asarray(np.sqrt(np.linalg.eigvalsh(self.covariance)[:, -1]), np.float64)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """One way to place people: by their feet, or by their heads."""

    floor: Floats64  # (n, 2) metres
    covariance: Floats64  # (n, 2, 2) square metres
    valid: Bools  # (n,)


class Floor:
    """Places the middle of a box's lower edge, where the feet are, on the floor through the camera's homography.

    The uncertainty is what an error of the foot point of `pixels` (native) and `share` (of the box's height), independent
    in u and v, makes in metres in its worst direction, to first order. A box cut off by the lower edge of the picture is
    placed at that edge, and the part of a person of its width that is missing below adds to the error in v. A foot point at or
    above the horizon has no place: it gets the one below the picture's middle, with an uncertainty of 1000 m.

    Where the camera has a calibration, its lens is undone first; a person's middle is `behind` metres behind the foot that
    one sees; and the upper edge places the head of somebody `height` metres tall, give or take `spread`. Feet and head count by
    their covariances. Feet below the picture do not count; where somebody seems to be too short by more than three times
    `spread`, feet may be hidden or the person may sit: the place is between the two, with an uncertainty that reaches both.
    The zone is the first of `zones` that holds the place.
    """

    def __init__(
        self, *, zones: tuple[Zone, ...] = (), pixels: float = 1.0, share: float = 0.03, behind: float = 0.15,
        height: float = 1.72, spread: float = 0.1,
    ) -> None:  # fmt: skip
        if pixels <= 0 or share < 0 or behind < 0:
            raise InputError(
                f"locator with pixels {pixels}, share {share} and behind {behind}, expected more than 0, at least 0, at least 0"
            )
        if not 0.5 <= height <= 2.5 or not 0 < spread < height / 4:
            raise InputError(
                f"locator with height {height} and spread {spread}, expected 0.5 to 2.5 m and less than a quarter of it"
            )
        self._plan = Plan(zones)
        self._pixels, self._share, self._behind, self._height, self._spread = pixels, share, behind, height, spread
        self._view: View | None = None

    def locate(self, frame: Frame, tracks: Tracks) -> Places:
        """Where each track stands; boxes are in native pixels."""
        measured = self.measure(frame, tracks)
        return Places(measured.floor, measured.uncertainty(), self.zones(measured.floor, measured.seen))

    def zones(self, floor: Floats64, seen: Bools) -> tuple[str, ...]:
        """The zone of each place; UNKNOWN for what has no place."""
        return tuple(name if there else UNKNOWN for name, there in zip(self._plan.names(floor), seen.tolist(), strict=True))

    def measure(self, frame: Frame, tracks: Tracks) -> Measured:
        """Where each track stands, as this frame alone says."""
        view, boxes = self._of(frame.camera), tracks.boxes.astype(np.float64)
        picture = limits(frame)
        found = self._by_both(view, boxes, picture) if view.calibration else self._by_feet(view, boxes, picture)
        usable = found.valid & (np.trace(found.covariance, axis1=1, axis2=2) < LOST**2)
        floor = np.where(found.valid[:, None], found.floor, np.nan_to_num(view.place(view.ground(picture)[None])))
        return Measured(floor, np.where(usable[:, None, None], found.covariance, np.eye(2) * LOST**2), found.valid)

    def _of(self, camera: Camera) -> View:
        if self._view is None or (self._view.camera is not camera and self._view.camera != camera):
            self._view = View(camera)
        return self._view

    def _by_feet(self, view: View, boxes: Floats64, picture: Floats64) -> _Evidence:
        """By the lower edge alone, where no more than the floor mapping is known."""
        errors, (width, height) = self._errors(boxes), (boxes[:, 2:] - boxes[:, :2]).T
        hidden = np.where(boxes[:, 3] >= picture[3] - EDGE, np.maximum(width / ASPECT - height, 0), 0)
        errors[:, 1] = np.hypot(errors[:, 1], hidden)
        return _evidence(view, _feet(boxes, picture), errors, picture)

    def _by_both(self, view: View, boxes: Floats64, picture: Floats64) -> _Evidence:
        """By the lower and the upper edge, each as far as it says something."""
        leaning = self._leaning(view, boxes, picture)
        errors, shift = self._errors(boxes), np.column_stack([leaning, np.zeros(len(boxes))])
        feet = _evidence(view, _feet(boxes, picture) + shift, errors, picture)
        feet = _Evidence(self._moved(view, feet.floor, self._behind), feet.covariance, feet.valid)
        if view.position[2] < self._height + CLEAR:
            return feet
        tops = _tops(boxes, picture) - shift
        head = self._heads(view, tops, boxes, picture)
        short = head.valid & (boxes[:, 3] < self._least(view, tops, head.valid, picture))
        cut = boxes[:, 3] >= picture[3] - EDGE
        instead = head.valid & (~feet.valid | (cut & short))
        mixed = head.valid & ~instead & short
        fused = head.valid & ~instead & ~short
        floor, covariance = feet.floor.copy(), feet.covariance.copy()
        floor[instead], covariance[instead] = head.floor[instead], head.covariance[instead]
        floor[fused], covariance[fused] = _fused(feet, head, fused)
        floor[mixed], covariance[mixed] = _mixed(feet, head, mixed)
        return _Evidence(floor, covariance, feet.valid | head.valid)

    def _heads(self, view: View, tops: Floats64, boxes: Floats64, picture: Floats64) -> _Evidence:
        """By the upper edge, where that is in the picture, and the height that people have."""
        found = _evidence(view, tops, self._errors(boxes), picture, self._height)
        slope = (found.floor - view.position[:2]) / (view.position[2] - self._height)  # metres per metre of height
        covariance = found.covariance + slope[:, :, None] * slope[:, None, :] * self._spread**2
        return _Evidence(found.floor, covariance, found.valid & (boxes[:, 1] > picture[1] + EDGE))

    def _leaning(self, view: View, boxes: Floats64, picture: Floats64) -> Floats64:
        """(n,) px from the middle of a box to the feet: beside the middle of a picture upright people lean."""
        straight, ground = view.straight(_feet(boxes, picture)), view.ground(picture)
        sure = view.below_horizon(straight, ground)
        floor = view.place(np.where(sure[:, None], straight, ground))
        lean = (view.pixels(floor) - view.pixels(floor, self._height))[:, 0] / 2
        most = (boxes[:, 2] - boxes[:, 0]) / 2
        return np.where(sure & np.isfinite(lean), np.clip(lean, -most, most), 0.0)

    def _least(self, view: View, tops: Floats64, rows: Bools, picture: Floats64) -> Floats64:
        """(n,) px: how far down a box goes, at least, that shows somebody with this head whole."""
        straight = np.where(rows[:, None], view.straight(tops), view.ground(picture))
        short = view.place(straight, self._height - 3 * self._spread)
        return view.pixels(self._moved(view, short, -self._behind))[:, 1]

    def _errors(self, boxes: Floats64) -> Floats64:
        """(n, 2) standard deviation of an edge of a box in u and v, native pixels."""
        usual = np.hypot(self._pixels, self._share * (boxes[:, 3] - boxes[:, 1]))
        return np.stack([usual, usual], axis=1)

    def _moved(self, view: View, floor: Floats64, metres: float) -> Floats64:
        """Places moved away from the camera; less where it hangs above them."""
        away = floor - view.position[:2]
        return np.asarray(floor + away * (metres / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1.0)), np.float64)


def _feet(boxes: Floats64, picture: Floats64) -> Floats64:
    """(n, 2) the middle of each lower edge, inside the picture."""
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, np.minimum(boxes[:, 3], picture[3])], axis=1)


def _tops(boxes: Floats64, picture: Floats64) -> Floats64:
    """(n, 2) the middle of each upper edge, inside the picture."""
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, np.maximum(boxes[:, 1], picture[1])], axis=1)


def _evidence(view: View, pixels: Floats64, errors: Floats64, picture: Floats64, height: float = 0.0) -> _Evidence:
    """Native pixels with their errors on the plane at `height`; what lies at or above the horizon is not valid."""
    look, ground = view.look(pixels), view.ground(picture)
    valid = view.below_horizon(look.points, ground) & np.isfinite(look.bend).all(axis=(1, 2))
    look = Look(np.where(valid[:, None], look.points, ground), look.bend)
    jacobian = view.jacobian(look, height) * errors[:, None, :]
    return _Evidence(view.place(look.points, height), jacobian @ jacobian.transpose(0, 2, 1), valid)


def _fused(one: _Evidence, other: _Evidence, rows: Bools) -> tuple[Floats64, Floats64]:
    """Two independent measurements of one place, weighted by their information."""
    first, second = np.linalg.inv(one.covariance[rows]), np.linalg.inv(other.covariance[rows])
    covariance = np.linalg.inv(first + second)
    floor = covariance @ (first @ one.floor[rows, :, None] + second @ other.floor[rows, :, None])
    return floor[:, :, 0], covariance


def _mixed(one: _Evidence, other: _Evidence, rows: Bools) -> tuple[Floats64, Floats64]:
    """One or the other, nobody knows which: mean and covariance of both together."""
    apart = (one.floor[rows] - other.floor[rows]) / 2
    spread = (one.covariance[rows] + other.covariance[rows]) / 2 + apart[:, :, None] * apart[:, None, :]
    return (one.floor[rows] + other.floor[rows]) / 2, spread
