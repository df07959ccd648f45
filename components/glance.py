"""A picture at a glance: what samplers are shown who ask what it looks like."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from components.contracts import SMALL, Plane


def small(image: Any) -> Plane:
    """(h, w) the luma of a picture (h, w) or (h, w, 3), averaged to at most SMALL px in width."""
    h, w = image.shape[:2]
    size = (min(SMALL, w), max(1, round(h * min(SMALL, w) / w)))
    averaged = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(averaged if averaged.ndim == 2 else cv2.cvtColor(averaged, cv2.COLOR_BGR2GRAY), np.uint8)
