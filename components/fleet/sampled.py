"""How many frames a second a sampler lets through: it is asked, for an hour of a camera that nobody has to have."""

from __future__ import annotations

from itertools import cycle

import numpy as np

from components.contracts import Moment, Sampler

SECOND = 1_000_000_000
BEGIN = 1_772_445_600 * SECOND  # any full hour
HOUR, MINUTE = 3600, 60  # s
KEYFRAMES = 2  # s between two of them


def kept(sampler: Sampler, fps: float, *, camera: str = "camera") -> float:
    """Frames a second of a camera that sends `fps`, with a keyframe every other second.

    A sampler that looks at pictures is shown some that change all the time: more it never keeps.
    """
    looks = sampler.needs == "pictures"
    seconds = MINUTE if looks else HOUR
    pictures = cycle(np.random.default_rng(0).integers(0, 256, (2, 90, 160), np.uint8) // np.array([[[1]], [[4]]], np.uint8))
    every, count = max(1, round(KEYFRAMES * fps)), max(1, round(seconds * fps))
    found = sum(
        sampler.keep(Moment(camera, BEGIN + round(i * SECOND / fps), i % every == 0, lambda: next(pictures)))
        for i in range(count)
    )
    return min(fps, found / seconds)
