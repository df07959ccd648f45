"""A calibrated pinhole camera: where it hangs, where it looks, and what that does to points of the world."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import cos, radians, sin, tan

import numpy as np

from components.contracts import Calibration, Floats32, Floats64, InputError, Matrix3

Vector3 = tuple[float, float, float]
UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Pose:
    """A camera in the world. World axes: x and y on the floor, z up, metres; camera axes: right, down, forward."""

    position: Vector3
    look_at: Vector3
    hfov: float  # degrees
    width: int
    height: int
    knock: Vector3 = (0.0, 0.0, 0.0)  # pan to the right, tilt upwards, roll clockwise, in degrees, after it was hung

    def __post_init__(self) -> None:
        if not 20 <= self.hfov <= 130:
            raise InputError(f"hfov is {self.hfov}: expected 20 to 130 degrees; choose a lens of a ward camera, such as 85")
        if np.hypot(*np.subtract(self.look_at, self.position)[:2]) < 0.1:
            raise InputError(
                f"look_at {self.look_at} is straight below or above position {self.position}: move it 0.1 m or more aside"
            )

    @cached_property
    def rotation(self) -> Floats64:
        """(3, 3): world direction -> camera direction."""
        forward = np.subtract(self.look_at, self.position)
        forward = forward / float(np.linalg.norm(forward))
        right = np.cross(forward, UP)
        right = right / np.linalg.norm(right)
        turned: Floats64 = _turn(*self.knock) @ np.stack([right, np.cross(forward, right), forward])
        return turned

    @cached_property
    def lens(self) -> Floats64:
        """(3, 3): camera direction -> pixel, up to scale; square pixels, the centre of the picture on the axis."""
        focal = self.width / 2 / tan(radians(self.hfov) / 2)
        return np.array([[focal, 0, self.width / 2 - 0.5], [0, focal, self.height / 2 - 0.5], [0, 0, 1]])

    @cached_property
    def ahead(self) -> Floats64:
        """(2,) the horizontal unit vector that the camera looks along."""
        flat = self.rotation[2, :2]
        return flat / np.linalg.norm(flat)

    def project(self, points: Floats64) -> tuple[Floats64, Floats64]:
        """World points (..., 3) -> pixels (..., 2), meaningless behind the lens, and depth along the axis (...); metres."""
        seen = (points - np.asarray(self.position)) @ self.rotation.T
        depth = seen[..., 2]
        safe = np.where(depth > 0.05, depth, 0.05)
        pixels = seen[..., :2] / safe[..., None] * self.lens[0, 0] + self.lens[:2, 2]
        return pixels, depth

    def rays(self) -> Floats32:
        """(height, width, 3): the world direction of every pixel, one metre long along the axis."""
        v, u = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        seen = np.stack([u, v, np.ones_like(u)], -1) @ np.linalg.inv(self.lens).T.astype(np.float32)
        return (seen @ self.rotation.astype(np.float32)).astype(np.float32)

    @cached_property
    def calibration(self) -> Calibration:
        """What a surveyor would write down of this camera."""
        moved = -self.rotation @ np.asarray(self.position)
        matrix, rotation = (tuple(map(tuple, each.tolist())) for each in (self.lens, self.rotation))
        return Calibration(matrix, (), rotation, tuple(moved.tolist()), (self.width, self.height))  # type: ignore[arg-type]

    @cached_property
    def to_floor(self) -> Matrix3:
        """The homography from pixel (u, v, 1) to floor (x, y, 1) at z = 0."""
        shift = -self.rotation @ np.asarray(self.position)
        from_floor = self.lens @ np.column_stack([self.rotation[:, 0], self.rotation[:, 1], shift])
        matrix = np.linalg.inv(from_floor)
        a, b, c = (matrix / matrix[2, 2]).tolist()
        return (tuple(a), tuple(b), tuple(c))


def _turn(pan: float, tilt: float, roll: float) -> Floats64:
    """The rotation of the camera axes after a knock, degrees."""
    p, t, r = radians(-pan), radians(-tilt), radians(-roll)
    around_down = np.array([[cos(p), 0, sin(p)], [0, 1, 0], [-sin(p), 0, cos(p)]])
    around_right = np.array([[1, 0, 0], [0, cos(t), -sin(t)], [0, sin(t), cos(t)]])
    around_axis = np.array([[cos(r), -sin(r), 0], [sin(r), cos(r), 0], [0, 0, 1]])
    turn: Floats64 = around_axis @ around_right @ around_down
    return turn
