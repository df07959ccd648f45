"""Reads and writes files that say how a camera sees: its lens, and where it hangs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from components.contracts import Calibration, Camera, Floats64, InputError, Matrix3

NAMES = {  # of this format, of OpenCV's samples, of ROS, and of the lab's files
    "matrix": ("matrix", "camera_matrix", "cameraMatrix", "intrinsic", "K"),
    "distortion": ("distortion", "distortion_coefficients", "distCoeffs", "dist_coeffs", "D"),
    "rotation": ("rotation", "R", "rvec"),
    "translation": ("translation", "T", "tvec"),
    "extrinsic": ("extrinsic", "extrinsics", "world_to_camera"),
}
NOWHERE: Matrix3 = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))  # without a homography the floor is the picture, in pixels
LENGTHS = (0, 4, 5, 8, 12, 14)  # of OpenCV's distortion coefficients
ROUNDED = 1e-3  # how far from a rotation the numbers of a file may be


@dataclass(frozen=True, slots=True)
class Lens:
    """What is true of a camera wherever it hangs."""

    matrix: Matrix3
    distortion: tuple[float, ...]
    size: tuple[int, int]  # pixels; 0: nobody said


def placed(camera: str, location: str, *, homography: Matrix3 | str | None, calibration: str | None) -> Camera:
    """The camera `camera`, from the values or files that a fleet's YAML names. Raises InputError."""
    if homography is not None and calibration is not None:
        raise InputError(
            f"camera {camera}: both homography and calibration are given; leave out homography, it follows from the calibration"
        )
    if calibration is not None:
        found = read_calibration(Path(calibration).expanduser())
        return Camera(camera, location, found.homography, found)
    if isinstance(homography, str):
        return Camera(camera, location, matrix_file(Path(homography).expanduser(), camera))
    return Camera(camera, location, NOWHERE if homography is None else homography)


def fits(camera: Camera, size: tuple[int, int]) -> None:
    """Raise InputError where the pictures of `camera` are not of the size that its calibration holds for."""
    known = camera.calibration.size if camera.calibration else (0, 0)
    if all(known) and known != size:
        raise InputError(
            f"camera {camera.id}: its calibration is for pictures of {known[0]}x{known[1]}, these are {size[0]}x{size[1]}; "
            "calibrate it at this resolution, or choose the stream of the other"
        )


def matrix_file(path: Path, camera: str) -> Matrix3:
    """Three rows of three numbers out of a text file. Raises InputError."""
    try:
        matrix = np.loadtxt(path).reshape(3, 3)
        if not np.isfinite(matrix).all():
            raise ValueError("not a number, or without end")
    except (OSError, ValueError) as error:
        raise InputError(
            f"camera {camera}: homography {path}: {error}; expected a text file with three rows of three numbers"
        ) from error
    return _rows(matrix)


def read_calibration(path: Path) -> Calibration:
    """Lens and place out of a JSON or YAML file. Raises InputError, with what is missing or wrong.

    The file has `matrix` (3, 3), `distortion` (0, 4, 5, 8, 12 or 14 numbers), and either `rotation` (3, 3, or a Rodrigues
    vector) and `translation` (3) or `extrinsic` (4, 4), world to camera, in metres; the floor is z = 0 and z points up.
    Matrices are nested lists, or as OpenCV's FileStorage writes them; the names of NAMES are understood too.
    """
    entries = _entries(path)
    lens = _lens(path, entries)
    rotation, translation = _place(path, entries)
    if np.abs(rotation @ rotation.T - np.eye(3)).max() > ROUNDED or np.linalg.det(rotation) < 0:
        raise _wrong(path, "the rotation is none: its rows are not at right angles, not of length 1, or mirrored")
    calibration = Calibration(lens.matrix, lens.distortion, _rows(rotation), _triple(translation), lens.size)
    if (height := calibration.position[2]) < 0.1:
        raise _wrong(
            path, f"the camera hangs {height:.2f} m above the floor; metres, z = 0 on the floor and z upwards are expected"
        )
    return calibration


def read_lens(path: Path) -> Lens:
    """Only what is true of the camera wherever it hangs. Raises InputError."""
    return _lens(path, _entries(path))


def write_calibration(path: Path, calibration: Calibration) -> None:
    """A file that `read_calibration` takes."""
    entries = {name: getattr(calibration, name) for name in ("matrix", "distortion", "rotation", "translation")}
    size = dict(zip(("width", "height"), calibration.size, strict=True)) if all(calibration.size) else None
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps({**entries, **({"resolution": size} if size else {})}, indent=2) + "\n")
    partial.replace(path)


def _entries(path: Path) -> dict[str, Any]:
    """The file as plain data. OpenCV's own YAML is YAML but for its first line and its tags."""
    try:
        text = re.sub(r"^%YAML.*$|!!opencv-matrix", "", path.read_text(), flags=re.MULTILINE)
        entries = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _wrong(path, " ".join(str(error).split())) from error
    if not isinstance(entries, dict):
        raise _wrong(path, "there are no keys in it")
    return entries


def _lens(path: Path, entries: Mapping[str, Any]) -> Lens:
    matrix, distortion = _array(path, entries, "matrix", (3, 3)), _array(path, entries, "distortion", None).ravel()
    if not (matrix[0, 0] > 0 and matrix[1, 1] > 0 and np.allclose(matrix[1:, 0], 0) and np.allclose(matrix[2], (0, 0, 1))):
        raise _wrong(path, "the matrix is not one of ((fx, 0, cx), (0, fy, cy), (0, 0, 1)) with fx and fy in pixels")
    if len(distortion) not in LENGTHS:
        raise _wrong(path, f"there are {len(distortion)} distortion coefficients, expected {', '.join(map(str, LENGTHS))}")
    return Lens(_rows(matrix), tuple(distortion.tolist()), _size(path, entries))


def _size(path: Path, entries: Mapping[str, Any]) -> tuple[int, int]:
    shape = entries.get("resolution", entries)
    width, height = (shape.get(name, shape.get(f"image_{name}", 0)) for name in ("width", "height"))
    try:
        return int(width), int(height)
    except (TypeError, ValueError) as error:
        raise _wrong(path, f"the resolution is {width!r} by {height!r}, expected two numbers of pixels") from error


def _place(path: Path, entries: Mapping[str, Any]) -> tuple[Floats64, Floats64]:
    """(3, 3) and (3,), world to camera."""
    if _named(entries, "extrinsic"):
        whole = _array(path, entries, "extrinsic", (4, 4))
        return whole[:3, :3], whole[:3, 3]
    rotation = _array(path, entries, "rotation", None)
    if rotation.size == 3:
        rotation = np.asarray(cv2.Rodrigues(rotation.reshape(3))[0], np.float64)
    if rotation.shape != (3, 3):
        raise _wrong(path, f"rotation is {rotation.shape}, expected (3, 3), or 3 numbers of Rodrigues")
    translation = _array(path, entries, "translation", None).ravel()
    if translation.shape != (3,):
        raise _wrong(path, f"translation is {translation.shape}, expected (3,), in metres")
    return rotation, translation


def _named(entries: Mapping[str, Any], key: str) -> str:
    return next((name for name in NAMES[key] if name in entries), "")


def _array(path: Path, entries: Mapping[str, Any], key: str, shape: tuple[int, ...] | None) -> Floats64:
    """One entry as numbers, whichever way its rows are written."""
    if not (name := _named(entries, key)):
        raise _wrong(path, f"{key} is missing (also known as {', '.join(NAMES[key][1:])})")
    try:
        array = _numbers(entries[name])
    except (TypeError, ValueError, KeyError) as error:
        raise _wrong(path, f"{name} is not numbers in rows: {error}") from error
    if (shape and array.shape != shape) or not np.isfinite(array).all():
        raise _wrong(path, f"{name} is {array.shape}, expected {shape} of finite numbers")
    return array


def _numbers(entry: Any) -> Floats64:
    match entry:
        case [{"tf": one}]:  # the lab's list of places, of which there is one
            return _numbers(one)
        case {"data": data, "rows": rows, "cols": columns}:
            return np.array(data, np.float64).reshape(int(rows), int(columns))
        case {"doubles": data, "shape": {"dims": dims}}:
            return np.array(data, np.float64).reshape([int(dim["size"]) for dim in dims])
        case [*_]:
            return np.array(entry, np.float64)
    raise TypeError(f"{str(entry)[:60]!r}")


def _rows(matrix: Floats64) -> Matrix3:
    a, b, c = map(_triple, matrix)
    return a, b, c


def _triple(row: Sequence[float] | Floats64) -> tuple[float, float, float]:
    x, y, z = map(float, row)
    return x, y, z


def _wrong(path: Path, problem: str) -> InputError:
    return InputError(
        f"calibration {path}: {problem}; expected JSON or YAML with matrix, distortion, rotation and translation, "
        "such as python -m flows.calibrate writes"
    )
