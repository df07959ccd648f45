"""Takes the colour out of a frame."""

from __future__ import annotations

from dataclasses import dataclass, replace

from components.contracts import Frame
from components.preprocessing.planes import luma, seen_thrice


@dataclass(frozen=True, slots=True, kw_only=True)
class Gray:
    """Three equal channels of luma (BT.601), so that everything downstream still gets (h, w, 3)."""

    def __call__(self, frame: Frame) -> Frame:
        return replace(frame, image=seen_thrice(luma(frame.image)))
