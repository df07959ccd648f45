"""What pictures look like in 64 bits, so that those which are nearly the same are found without looking at them again."""

from __future__ import annotations

import cv2
import numpy as np

from components.contracts import Bgr


def phash(image: Bgr) -> int:
    """The difference hash of a picture (Krawetz 2013): bit by bit, whether a field of 9x8 is darker than its right neighbour.

    A signed number of 64 bits; pictures that are nearly the same differ in few of them.
    """
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) if image.ndim == 3 else image
    small = cv2.resize(gray, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (small[:, 1:] > small[:, :-1]).astype(np.uint8)
    return int.from_bytes(np.packbits(bits).tobytes(), "big", signed=True)
