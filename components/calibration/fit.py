"""Estimates where a camera's pixels are on the floor, and how far that is from the truth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from components.calibration.points import Points
from components.contracts import Calibration, Camera, Floats64, InputError, Matrix3
from components.geometry import transform_points
from components.view import View

THIN = 0.02  # of their length: points in a band as narrow as this are on one line
ILL = 1e5  # condition number of the mapping between points of unit spread


@dataclass(frozen=True, slots=True)
class Fit:
    """A camera with its floor mapping, and how well it explains the points."""

    camera: Camera
    residuals: Floats64  # (n,) metres from where each point is to where its pixel is mapped
    left_out: Floats64 | None  # (n,) the same, mapped by the other points alone; None: too few to leave one out
    outliers: NDArray[np.bool_]  # (n,) whether the point was left aside, as it contradicts the others


def fit(
    points: Points, *, camera: str, location: str = "", tolerance: float = 8.0, matrix: Matrix3 | None = None,
    distortion: tuple[float, ...] = (), size: tuple[int, int] = (0, 0),
) -> Fit:  # fmt: skip
    """The floor mapping that most points agree on within `tolerance` pixels (RANSAC, then least squares over those pixels).

    With the lens (`matrix` and `distortion`, OpenCV's model, of pictures of `size`) its distortion is undone and the place of
    the camera is estimated too (Collins and Bartoli 2014, then least squares). Raises InputError for fewer than four points, for
    points on one line, and for points that no camera could see so.
    """
    _check(points)
    lens = Calibration(matrix, distortion, _identity(), (0.0, 0.0, 1.0), size) if matrix else None
    straight = View(Camera(camera, location, _identity(), lens)).straight(points.pixels)
    if not np.isfinite(straight).all():
        raise InputError("points lie where the model of the lens does not hold; leave out those at the picture's edge")
    inliers = _agreeing(straight, points.floor, tolerance)
    found = _camera(camera, location, points, straight, inliers, lens)
    residuals = _errors(found, points, range(len(points.names)))
    return Fit(found, residuals, _left_out(found, points, straight, inliers, lens), ~inliers)


def _check(points: Points) -> None:
    count = len(points.names)
    if count < 4:
        raise InputError(f"{count} points, expected at least 4, better 6 to 12, all over the floor that the camera sees")
    for kind, where in (("pixels", points.pixels), ("floor places", points.floor)):
        spread = np.linalg.svd(where - where.mean(axis=0), compute_uv=False)
        if spread[1] < THIN * spread[0] or spread[0] == 0:
            raise InputError(f"the {kind} of all points are on one line; add points beside it")


def _agreeing(straight: Floats64, floor: Floats64, tolerance: float) -> NDArray[np.bool_]:
    """(n,) which points belong to one mapping."""
    cv2.setRNGSeed(0)  # the same points give the same camera
    matrix, mask = cv2.findHomography(floor, straight, cv2.RANSAC, tolerance, maxIters=5000, confidence=0.9999)
    agree = np.zeros(len(floor), np.bool_) if matrix is None else np.asarray(mask).ravel() > 0
    if agree.sum() < max(4, len(floor) / 2):
        raise InputError(
            f"only {int(agree.sum())} of {len(floor)} points agree within {tolerance:g} pixels; look for swapped or mirrored "
            "coordinates and for places in other units than metres, or give a larger tolerance"
        )
    return agree


def _camera(
    camera: str, location: str, points: Points, straight: Floats64, rows: NDArray[np.bool_], lens: Calibration | None
) -> Camera:
    """The camera that explains some of the points best."""
    if lens:
        calibration = _placed(lens, points.floor[rows], points.pixels[rows])
        return Camera(camera, location, calibration.homography, calibration)
    from_floor = _homography(points.floor[rows], straight[rows])
    inverse = np.linalg.inv(from_floor)
    return Camera(camera, location, _rows3(inverse / np.linalg.norm(inverse)))


def _homography(floor: Floats64, straight: Floats64) -> Floats64:
    """(3, 3) floor -> straight pixels, by least squares over the pixels."""
    matrix, _ = cv2.findHomography(floor, straight, 0)
    unit = _unit(straight) @ matrix @ np.linalg.inv(_unit(floor)) if matrix is not None else np.zeros((3, 3))
    if matrix is None or np.linalg.cond(unit) > ILL:
        raise InputError("the points do not determine a mapping: too many are on one line; add points beside it")
    depth = np.column_stack([floor, np.ones(len(floor))]) @ matrix[2]
    if not (np.all(depth > 0) or np.all(depth < 0)):
        raise InputError("no camera sees these points so: some lie behind it; look for swapped points or coordinates")
    return np.asarray(matrix, np.float64)


def _unit(points: Floats64) -> Floats64:
    """(3, 3) that moves points to the origin and to a spread of one."""
    (x, y), scale = points.mean(axis=0), 1 / max(float(points.std()), 1e-9)
    return np.array([[scale, 0, -scale * x], [0, scale, -scale * y], [0, 0, 1]])


def _placed(lens: Calibration, floor: Floats64, pixels: Floats64) -> Calibration:
    """The lens where it hangs: of the two places that explain points of a plane, the better one above it."""
    matrix, distortion = np.array(lens.matrix), np.array(lens.distortion or (0.0,) * 4)
    world = np.column_stack([floor, np.zeros(len(floor))])
    _, turns, shifts, _ = cv2.solvePnPGeneric(world, pixels, matrix, distortion, flags=cv2.SOLVEPNP_IPPE)
    poses = [cv2.solvePnPRefineLM(world, pixels, matrix, distortion, *pose) for pose in zip(turns, shifts, strict=True)]
    found = [
        Calibration(lens.matrix, lens.distortion, _rows3(cv2.Rodrigues(turn)[0]), _triple(shift), lens.size)
        for turn, shift in poses
    ]
    above = [each for each in found if each.position[2] > 0]
    if not above:
        raise InputError(
            "the camera would hang below the floor: the floor's axes are mirrored; seen from above, y points to the left of x"
        )
    return min(above, key=lambda each: float(np.linalg.norm(View(Camera("", "", each.homography, each)).pixels(floor) - pixels)))


def _errors(camera: Camera, points: Points, rows: range) -> Floats64:
    """(n,) metres."""
    view = View(camera)
    mapped = transform_points(camera.homography, view.straight(points.pixels[rows]))
    return np.asarray(np.linalg.norm(mapped - points.floor[rows], axis=1), np.float64)


def _left_out(
    found: Camera, points: Points, straight: Floats64, inliers: NDArray[np.bool_], lens: Calibration | None
) -> Floats64 | None:
    """(n,) how far off each point is for a camera that was estimated without it."""
    if inliers.sum() < 5:
        return None
    errors = _errors(found, points, range(len(points.names)))  # outliers were left out anyway
    for i in np.flatnonzero(inliers).tolist():
        others = inliers.copy()
        others[i] = False
        try:
            without = _camera(found.id, found.location, points, straight, others, lens)
            errors[i] = _errors(without, points, range(i, i + 1))[0]
        except (InputError, cv2.error):
            errors[i] = np.inf  # everything depends on this point
    return errors


def _identity() -> Matrix3:
    return (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def _rows3(matrix: ArrayLike) -> Matrix3:
    a, b, c = (_triple(row) for row in np.asarray(matrix, np.float64))
    return a, b, c


def _triple(row: ArrayLike) -> tuple[float, float, float]:
    x, y, z = np.asarray(row, np.float64).ravel().tolist()
    return x, y, z
