"""Hides what a camera sees but nobody may: beds behind glass, a bathroom door, the street."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Floats64, Frame, InputError, Rejected
from components.pixels import native_points
from components.preprocessing.hiding import UNMASKED, How, Veil

Polygon = tuple[tuple[float, float], ...]
FINE = 4  # steps per native pixel to which the corners of an area are rounded


class Areas:
    """Hides areas of cameras: `polygons` of each camera's id, corners in its native pixels, whatever was done to the picture.

    A camera that `polygons` does not name has no picture at all (rejected as unmasked), as nobody has said that it may be seen;
    one that may be seen whole has an empty list; with `unlisted` pass everybody else's is seen whole. A pixel that an area
    touches is hidden, and so is what is up to `margin` native pixels beside it. `how` and `blocks` are `Veil`'s.
    """

    def __init__(
        self, polygons: Mapping[str, tuple[Polygon, ...]], *, how: How = "fill", blocks: int = 6,
        margin: float = 2.0, unlisted: Literal["reject", "pass"] = "reject",
    ) -> None:  # fmt: skip
        if not 0 <= margin <= 1000:
            raise InputError(f"areas with a margin of {margin}, expected 0 to 1000 native pixels")
        for camera, areas in polygons.items():
            if small := [area for area in areas if len(area) < 3 or not np.isfinite(np.array(area)).all()]:
                raise InputError(f"area {small[0]} of camera {camera}: expected at least 3 corners (x, y) in native pixels")
        self._polygons, self._unlisted, self._margin = dict(polygons), unlisted, margin
        self._veil = Veil(how, blocks)
        self._key: tuple[object, ...] = ()
        self._mask: NDArray[np.bool_] | None = None

    hides: ClassVar[Literal[True]] = True

    def __call__(self, frame: Frame) -> Frame | Rejected:
        areas = self._polygons.get(frame.camera.id)
        if areas is None and self._unlisted == "reject":
            return Rejected(UNMASKED, frame.quality)
        if not areas:
            return frame
        key = (frame.camera, frame.image.shape, frame.to_native.tobytes(), frame.straight)
        if key != self._key or self._mask is None:
            self._key, self._mask = key, _mask(frame, areas, self._margin)
        return replace(frame, image=self._veil.where(frame.image, self._mask))


def _mask(frame: Frame, areas: tuple[Polygon, ...], margin: float) -> NDArray[np.bool_]:
    """(h, w) which pixels of the picture lie in an area, or within `margin` native pixels of it, or half a pixel of their own."""
    h, w = frame.image.shape[:2]
    v, u = np.mgrid[0:h, 0:w]
    native = native_points(frame, np.stack([u, v], -1).reshape(-1, 2)).reshape(h, w, 2)
    corner = np.floor(native.min(axis=(0, 1))) - 2
    size = np.clip(np.ceil(native.max(axis=(0, 1))) - corner + 3, 1, 16384).astype(int)
    drawn = np.zeros((size[1], size[0]), np.uint8)
    for area in areas:
        cv2.fillPoly(drawn, [np.rint((np.array(area) - corner) * FINE).astype(np.int32)], 255, shift=2)
    reach = int(np.ceil(margin + _pitch(native)))
    drawn = np.asarray(cv2.dilate(drawn, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))), np.uint8)
    x, y = (np.rint(native - corner).astype(int)).transpose(2, 0, 1)
    return np.asarray(drawn[np.clip(y, 0, size[1] - 1), np.clip(x, 0, size[0] - 1)] > 0, np.bool_)


def _pitch(native: Floats64) -> float:
    """Native pixels from the middle of a pixel of the picture to its corner, where that is farthest."""
    steps = [np.abs(np.diff(native, axis=axis)).max(initial=1.0) for axis in (0, 1)]
    return float(np.hypot(*steps) / 2)
