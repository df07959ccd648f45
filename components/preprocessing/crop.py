"""Cuts a part out of a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from components.contracts import Frame, InputError

Share = tuple[float, float, float, float]
WHOLE: Share = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """The part of the picture between left, top, right and bottom, each as a share (0..1) of its width or height.

    Shares hold for every resolution. `cameras` has the part for single cameras by their id, `region` that for all the others.
    """

    region: Share = WHOLE
    cameras: Mapping[str, Share] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, part in {"region": self.region, **self.cameras}.items():
            left, top, right, bottom = part
            if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
                raise InputError(
                    f"crop {name} is {tuple(part)}, expected left, top, right and bottom as shares with 0 <= left < right <= 1 "
                    "and 0 <= top < bottom <= 1"
                )

    def __call__(self, frame: Frame) -> Frame:
        h, w = frame.image.shape[:2]
        left, top, right, bottom = self.cameras.get(frame.camera.id, self.region)
        x1, y1 = min(w - 1, round(left * w)), min(h - 1, round(top * h))
        x2, y2 = max(x1 + 1, round(right * w)), max(y1 + 1, round(bottom * h))
        if (x1, y1, x2, y2) == (0, 0, w, h):
            return frame
        moved = np.array([[1, 0, x1], [0, 1, y1], [0, 0, 1]], np.float64)
        image = frame.image[y1:y2, x1:x2]
        return replace(frame, image=image, to_native=frame.to_native @ moved)
