"""Takes the colour out of a frame."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from components.contracts import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Gray:
    """Three equal channels of luma (BT.601), so that everything downstream still gets (h, w, 3)."""

    def __call__(self, frame: Frame) -> Frame:
        luma = cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY)
        return replace(frame, image=np.asarray(cv2.cvtColor(luma, cv2.COLOR_GRAY2BGR), np.uint8))
