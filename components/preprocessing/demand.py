"""Says what a chain of steps wants of a source: where it throws colour away before it looks at it, luma is enough."""

from __future__ import annotations

from collections.abc import Sequence

from components.contracts import Pixels, Step
from components.preprocessing.crop import Crop
from components.preprocessing.gray import Gray
from components.preprocessing.resize import Letterbox, Resize

MOVE = (Crop, Resize, Letterbox)  # treat all channels alike, so grey before or after is the same to within a level


def wanted(steps: Sequence[Step]) -> Pixels:
    """`luma` where a step takes the colour out, and those before it only move pixels; otherwise `bgr`."""
    for step in steps:
        if isinstance(step, Gray):
            return "luma"
        if not isinstance(step, MOVE):
            return "bgr"
    return "bgr"
