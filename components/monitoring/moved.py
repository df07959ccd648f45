"""Finds out from its pictures that a camera has moved, when, how far, and what its floor mapping is since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge

from components.contracts import Calibration, Camera, Floats64, InputError, Matrix3
from components.geometry import transform_points
from components.monitoring.background import Gray, background, straightened
from components.monitoring.comparison import Comparison, Reference, correlation
from components.view import View

TURNED = 2.0  # px: how far points may lie from where a camera that has only turned would show them
GRID = 16  # points in each direction at which the floor is looked at
CLEAR = 0.03  # by how much the correlation has to differ to say of one picture whether it is before or after


class Picture(NamedTuple):
    """One picture of a camera, native."""

    time: int  # fleet time, ns
    image: Gray


@dataclass(frozen=True, slots=True)
class Moved:
    """A camera does not hang as the registry says."""

    camera: Camera  # as the registry has it
    in_place: int  # fleet time (ns) of the last picture in its old place, and of the first in its new one
    moved: int
    pixels: float  # NaN: nothing of the old view is left
    metres: float  # on the floor; NaN: nobody knows
    confidence: float  # 0..1
    mapping: Matrix3 | None  # straight pixel now -> straight pixel then; None: not reliable
    reason: str

    @property
    def proposal(self) -> Camera | None:
        """The camera as it hangs now; None where its picture does not tell, and it has to be calibrated again."""
        return None if self.mapping is None else since(self.camera, np.array(self.mapping))


@dataclass(frozen=True, slots=True)
class Watch:
    """Compares a camera's pictures with what it saw when it was hung."""

    window: Annotated[int, Ge(3)] = 12  # pictures that give one background
    windows: Annotated[int, Ge(1)] = 2  # backgrounds in a row that have to say that it has moved
    least: Annotated[float, Ge(1)] = 3.0  # native pixels: less is not called a move

    def reference(self, pictures: Iterable[Picture]) -> Gray:
        """What the first pictures show without people. Raises InputError where there are too few."""
        first = next(self._groups(pictures), None)
        if first is None:
            raise InputError(f"too few pictures for a reference; expected at least {self.window}")
        return background([picture.image for picture in first])

    def find(self, camera: Camera, reference: Gray, pictures: Iterable[Picture]) -> Moved | None:
        """The first time that the camera moved for good; None where it did not, or its pictures cannot tell."""
        old = straightened(reference, camera)
        there = Reference(old)
        last: list[Picture] = []  # of its old place
        doubtful: list[Picture] = []
        found: list[Comparison] = []
        for group in self._groups(pictures):
            now = straightened(background([picture.image for picture in group]), camera)
            seen = there.compare(now, least=self.least)
            if seen.verdict == "in place":
                last, doubtful, found = list(group), [], []
                continue
            doubtful += group
            found = [*found, seen] if seen.verdict == "moved" else found
            if len(found) >= self.windows and _agree(found[-self.windows :]):
                return self._moved(camera, old, [*last, *doubtful], found[-1], now, begin=len(last))
        return None

    def _moved(self, camera: Camera, old: Gray, pictures: Sequence[Picture], seen: Comparison, now: Gray, *, begin: int) -> Moved:
        at = _moment([straightened(picture.image, camera) for picture in pictures], old, now, seen.mapping)
        at = max(1, at) if begin else at
        mapping = seen.mapping
        if mapping is not None and camera.calibration is not None and _turn(camera.calibration, mapping, old.shape) is None:
            mapping = None
        return Moved(
            camera, pictures[max(0, at - 1)].time, pictures[at].time, seen.pixels,
            floor_error(camera, seen.mapping, old.shape) if seen.mapping is not None else float("nan"),
            seen.confidence, None if mapping is None else _rows(mapping), seen.reason,
        )  # fmt: skip

    def _groups(self, pictures: Iterable[Picture]) -> Iterator[list[Picture]]:
        group: list[Picture] = []
        for picture in pictures:
            group.append(picture)
            if len(group) == self.window:
                yield group
                group = []


def since(camera: Camera, mapping: Floats64) -> Camera | None:
    """The camera after its picture has moved by `mapping` (straight pixel now -> then).

    With a calibration it has turned in its place, or None; without one the mapping of the floor is carried over, which is exact
    for a turn, and for what stands on the floor.
    """
    if camera.calibration is None:
        matrix = np.array(camera.homography) @ mapping
        return replace(camera, homography=_rows(matrix / np.linalg.norm(matrix)))
    turn = _turn(camera.calibration, mapping, None)
    if turn is None:
        return None
    rotation = turn.T @ np.array(camera.calibration.rotation)
    shift = turn.T @ np.array(camera.calibration.translation)
    placed = replace(camera.calibration, rotation=_rows(rotation), translation=tuple(shift.tolist()))
    return replace(camera, homography=placed.homography, calibration=placed)


def floor_error(camera: Camera, mapping: Floats64, shape: tuple[int, ...]) -> float:
    """Metres by which the registry's floor mapping is wrong now: the median over the floor that it sees within 15 m."""
    view = View(camera)
    x, y = np.meshgrid(np.linspace(0, shape[1] - 1, GRID), np.linspace(0.4 * shape[0], shape[0] - 1, GRID))
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    bottom = np.array([shape[1] / 2, shape[0] - 1.0])
    before = transform_points(mapping, points)
    seen = view.below_horizon(points, bottom) & view.below_horizon(before, bottom)
    if not seen.any():
        return float("nan")
    claimed, true = view.place(points[seen]), view.place(before[seen])
    near = np.linalg.norm(true - view.place(bottom[None])[0], axis=1) < 15
    return float(np.median(np.linalg.norm(claimed - true, axis=1)[near])) if near.any() else float("nan")


def _turn(known: Calibration, mapping: Floats64, shape: tuple[int, ...] | None) -> Floats64 | None:
    """(3, 3) the turn from now to then that explains a mapping; None where the camera has not only turned."""
    lens = np.array(known.matrix)
    raw = np.linalg.inv(lens) @ mapping @ lens
    raw = raw / np.cbrt(np.linalg.det(raw))
    left, _, right = np.linalg.svd(raw)
    turn = np.asarray(left @ right * np.sign(np.linalg.det(left @ right)), np.float64)
    width, height = (shape[1], shape[0]) if shape else known.size if all(known.size) else (2 * lens[0, 2], 2 * lens[1, 2])
    x, y = np.meshgrid(np.linspace(0.1, 0.9, 5) * width, np.linspace(0.1, 0.9, 5) * height)
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    off = transform_points(lens @ turn @ np.linalg.inv(lens), points) - transform_points(mapping, points)
    return turn if float(np.median(np.linalg.norm(off, axis=1))) < TURNED else None


def _agree(seen: Sequence[Comparison]) -> bool:
    """Whether they speak of the same move: one that goes on is waited for."""
    pixels = np.array([each.pixels for each in seen])
    return bool(np.isnan(pixels).all() or (np.isfinite(pixels).all() and np.ptp(pixels) <= max(2.0, 0.15 * pixels.max())))


def _moment(images: Sequence[Gray], old: Gray, now: Gray, mapping: Floats64 | None) -> int:
    """The position of the first picture of the new view: where most of those before are like the old, and of those after not."""
    gains = [_gain(image, old, now, mapping) for image in images]
    votes = np.array([1 if gain > CLEAR else -1 if gain < -CLEAR else 0 for gain in gains])
    after = np.cumsum(votes[::-1])[::-1]
    before = np.concatenate([[0], np.cumsum(-votes)[:-1]])
    return int(np.argmax(before + after))


def _gain(image: Gray, old: Gray, now: Gray, mapping: Floats64 | None) -> float:
    """By how much a picture is more like the new view than like the old one."""
    new = correlation(old, image, mapping) if mapping is not None else correlation(now, image, None)
    return new - correlation(old, image, None)


def _rows(matrix: Floats64) -> Matrix3:
    a, b, c = (tuple(row) for row in matrix.tolist())
    return a, b, c
