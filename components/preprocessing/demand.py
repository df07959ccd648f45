"""Says what a chain of steps wants of a source: where it throws colour away before it looks at it, luma is enough."""

from __future__ import annotations

from collections.abc import Sequence

from components.contracts import Pixels, Step
from components.preprocessing.beside import Beside
from components.preprocessing.crop import Crop
from components.preprocessing.duplicates import Duplicate
from components.preprocessing.gates import Blurred, Dark, Frozen, Overexposed
from components.preprocessing.gray import Gray
from components.preprocessing.obstructed import Obstructed
from components.preprocessing.resize import Letterbox, Resize

MOVE = (Crop, Resize, Letterbox)  # treat all channels alike, so grey before or after is the same to within a level
JUDGE = (Dark, Overexposed, Blurred, Frozen, Obstructed, Duplicate)  # look at luma only


def wanted(steps: Sequence[Step]) -> Pixels:
    """`luma` where a step takes the colour out, and those before it only move pixels or look at luma; otherwise `bgr`."""
    for step in steps:
        if isinstance(step, Beside):
            return wanted(step.steps)
        if isinstance(step, Gray):
            return "luma"
        if not isinstance(step, MOVE + JUDGE):
            return "bgr"
    return "bgr"
