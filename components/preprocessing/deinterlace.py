"""Makes one moment of a frame that shows two, line by line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import cv2
import numpy as np

from components.contracts import Bgr, Frame, InputError
from components.preprocessing.planes import each


class Deinterlace:
    """Lines of the other field made new from those above and below, where the two fields differ.

    `field` is the one whose lines stay, as they were taken; no pixel moves. With `where` combed only pixels are made new whose
    line stands out from both its neighbours by more than `comb` levels (as Decomb and TIVTC tell a comb, from 9 on), so that
    still parts keep all their lines; with `everywhere` all of the other field's are.
    """

    def __init__(
        self, *, field: Literal["top", "bottom"] = "top", where: Literal["combed", "everywhere"] = "combed", comb: float = 10.0
    ) -> None:
        if not 0 < comb < 255:
            raise InputError(f"deinterlace with comb {comb}, expected 0 to 255 levels")
        self._other, self._where, self._comb = (1 if field == "top" else 0), where, comb

    def __call__(self, frame: Frame) -> Frame:
        if frame.image.shape[0] < 2:
            return frame
        return replace(frame, image=each(frame.image, self._woven))

    def _woven(self, part: Bgr) -> Bgr:
        lines = part[self._other :: 2]
        above, below = _neighbours(part, self._other)
        between = cv2.addWeighted(above, 0.5, below, 0.5, 0)
        woven = part.copy()
        woven[self._other :: 2] = between if self._where == "everywhere" else self._mended(lines, above, below, between)
        return woven

    def _mended(self, lines: Bgr, above: Bgr, below: Bgr, between: Any) -> Bgr:
        """Lines with new pixels wherever one, or one close by, stands out from both its neighbours."""
        lighter = cv2.min(cv2.subtract(lines, above), cv2.subtract(lines, below))
        darker = cv2.min(cv2.subtract(above, lines), cv2.subtract(below, lines))
        stands = np.asarray(cv2.max(lighter, darker) > self._comb, np.uint8)
        stands = stands if stands.ndim == 2 else stands.max(axis=2)
        near = np.asarray(cv2.dilate(stands, np.ones((3, 5), np.uint8)), np.bool_)
        return np.where(near if lines.ndim == 2 else near[..., None], between, lines)


def _neighbours(part: Bgr, other: int) -> tuple[Bgr, Bgr]:
    """The lines above and below each of the other field's; at the edge of the picture the one that there is, twice."""
    kept = part[1 - other :: 2]
    count = len(part[other::2])
    at = np.arange(count) if other else np.arange(count) - 1
    return kept[np.clip(at, 0, len(kept) - 1)], kept[np.clip(at + 1, 0, len(kept) - 1)]
