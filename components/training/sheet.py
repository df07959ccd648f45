"""A contact sheet: pictures as they are, and as a training will show them, with their boxes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from components.networks import Picture

SIDE = 320  # px: the longer side of a picture in the sheet
HEAD, GAP = 22, 4  # px
WANTED, IGNORED, WHITE = (80, 220, 60), (170, 170, 170), (255, 255, 255)  # BGR


def sheet(heads: Sequence[str], rows: Sequence[Sequence[Picture]]) -> NDArray[np.uint8]:
    """An image (h, w, 3) BGR: a row for each picture, a column for each of `heads`; boxes that count are green, others grey."""
    cells = [[_cell(picture) for picture in row] for row in rows]
    height, width = cells[0][0].shape[:2]
    whole = np.full((HEAD + len(rows) * (height + GAP), len(heads) * (width + GAP), 3), 32, np.uint8)
    for column, head in enumerate(heads):
        x = column * (width + GAP)
        cv2.putText(whole, head, (x + 4, HEAD - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.45, WHITE, 1, cv2.LINE_AA)
        for row, line in enumerate(cells):
            y = HEAD + row * (height + GAP)
            whole[y : y + height, x : x + width] = line[column]
    return whole


def _cell(picture: Picture) -> NDArray[np.uint8]:
    image = cv2.cvtColor(np.ascontiguousarray(picture.image.numpy().transpose(1, 2, 0)), cv2.COLOR_RGB2BGR)
    scale = SIDE / max(image.shape[:2])
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    for box, ignored in zip(picture.boxes.tolist(), picture.ignored.tolist(), strict=True):
        left, top, right, bottom = (round(value * scale) for value in box)
        cv2.rectangle(image, (left, top), (right - 1, bottom - 1), IGNORED if ignored else WANTED, 1)
    return np.asarray(image, np.uint8)
