"""Points of a picture whose places on the floor somebody knows: clicked, or marked with printed markers."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from components.contracts import Bgr, Floats64, InputError
from components.geometry import transform_points

Dictionary = Literal["4x4_50", "4x4_100", "5x5_100", "6x6_250", "apriltag_36h11"]
DICTIONARIES = {
    "4x4_50": cv2.aruco.DICT_4X4_50,
    "4x4_100": cv2.aruco.DICT_4X4_100,
    "5x5_100": cv2.aruco.DICT_5X5_100,
    "6x6_250": cv2.aruco.DICT_6X6_250,
    "apriltag_36h11": cv2.aruco.DICT_APRILTAG_36h11,
}


@dataclass(frozen=True, slots=True)
class Points:
    """Row i of every column is point i."""

    names: tuple[str, ...]
    pixels: Floats64  # (n, 2) native
    floor: Floats64  # (n, 2) metres


def read_points(path: Path) -> Points:
    """A CSV file with the columns u, v (native pixels) and x, y (metres on the floor). Raises InputError."""
    rows = _rows(path, ("u", "v", "x", "y"))
    values = np.array([row for _, row in rows], np.float64).reshape(-1, 4)
    return Points(tuple(f"line {line}" for line, _ in rows), values[:, :2], values[:, 2:])


def find_markers(path: Path, image: Bgr, *, dictionary: Dictionary) -> Points:
    """Printed markers that lie flat on the floor: the CSV file has id, x and y (metres) of the middle of each.

    Raises InputError where fewer than four of them are in the picture.
    """
    places = {int(values[0]): values[1:] for _, values in _rows(path, ("id", "x", "y"))}
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(DICTIONARIES[dictionary]), parameters)
    corners, ids, _ = detector.detectMarkers(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    found = {} if ids is None else {int(i): quad.reshape(4, 2) for i, quad in zip(ids.ravel(), corners, strict=True)}
    both = sorted(found.keys() & places.keys())
    if len(both) < 4:
        raise InputError(
            f"markers {path}: of {len(places)} markers {both or 'none'} can be seen (and {sorted(found.keys() - places.keys())}, "
            f"which are not in the file); expected at least 4: print them larger, or take a frame where nobody stands on them"
        )
    return Points(
        tuple(f"marker {i}" for i in both),
        np.array([_middle(found[i]) for i in both]),
        np.array([places[i] for i in both], np.float64),
    )


def _middle(quad: np.ndarray) -> Floats64:
    """(2,) where the middle of a square is in perspective."""
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    return np.asarray(transform_points(cv2.getPerspectiveTransform(square, quad.astype(np.float32)), [(0.5, 0.5)])[0])


def _rows(path: Path, columns: Sequence[str]) -> list[tuple[int, list[float]]]:
    """Number of the line and values of each row; a header line is there or not."""
    wanted = f"expected a CSV file with the columns {','.join(columns)}, a row for each point"
    try:
        lines = [(n, row) for n, row in enumerate(csv.reader(path.read_text().splitlines()), 1) if any(map(str.strip, row))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: {error}; {wanted}") from error
    if lines and [cell.strip().lower() for cell in lines[0][1]] == list(columns):
        lines = lines[1:]
    return [(n, _values(path, n, row, wanted, len(columns))) for n, row in lines]


def _values(path: Path, line: int, row: Sequence[str], wanted: str, count: int) -> list[float]:
    try:
        values = [float(cell) for cell in row]
    except ValueError as error:
        raise InputError(f"{path}, line {line}: {error}; {wanted}") from error
    if len(values) != count or not np.isfinite(values).all():
        raise InputError(f"{path}, line {line}: {len(values)} values, of which all must be finite; {wanted}")
    return values
