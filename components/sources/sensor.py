"""The sensor of a simulated camera: soft edges, and noise that grows in the dark."""

from __future__ import annotations

import cv2
import numpy as np

from components.contracts import Bgr
from components.sources.light import dark

NOISE = {False: 3.0, True: 5.0}  # standard deviation in grey levels, in good light and in the dark
PLAY = 64  # pixels by which a tile can be shifted either way


class Sensor:
    """One sensor; `seed` makes its noise, which is the same whenever the same moment is exposed again."""

    def __init__(self, seed: int, *, width: int, height: int) -> None:
        self._seed, self._size = seed, (height, width)
        self._tiles = {dim: _tiles(seed, level, height, width) for dim, level in NOISE.items()}

    def expose(self, picture: Bgr, *, time: int, hour: float) -> Bgr:
        """What the sensor makes of a picture (h, w, 3) at `time` (ns) and local hour of the day."""
        image = cv2.GaussianBlur(picture, (3, 3), 0.45).astype(np.uint8, copy=False)
        x, y = np.random.default_rng((self._seed, abs(time))).integers(PLAY, size=2)
        more, less = (tile[y : y + self._size[0], x : x + self._size[1]] for tile in self._tiles[dark(hour)])
        cv2.add(image, more, dst=image)
        cv2.subtract(image, less, dst=image)
        return image


def _tiles(seed: int, level: float, height: int, width: int) -> tuple[Bgr, Bgr]:
    """What to add and what to take off, for a picture at any of PLAY x PLAY offsets."""
    noise = np.rint(np.random.default_rng(seed).normal(0, level, (height + PLAY, width + PLAY, 3)))
    return np.clip(noise, 0, 255).astype(np.uint8), np.clip(-noise, 0, 255).astype(np.uint8)
