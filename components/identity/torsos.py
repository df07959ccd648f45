"""Where badges are worn: the upper part of people's boxes, and whose a thing found there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.contracts import Floats64, Frame, InputError, Person, Tracks
from components.pixels import picture_boxes

TORSO = (0.1, 0.6)  # of a box's height, from the top: where chest and back are
SMALL = 16  # px: a torso of this width has no badge that could be read
ENLARGED = 300  # px: torsos lower than this are doubled, as a marker's cell may be of one pixel only


@dataclass(frozen=True, slots=True)
class Torso:
    """The grey picture of one torso, enlarged where it is small."""

    gray: NDArray[np.uint8]
    corner: tuple[int, int]  # x, y of its left upper pixel in the frame's image
    factor: int  # pixels of `gray` for one of the image


class Torsos:
    """The torsos of all tracks of a frame."""

    def __init__(self, frame: Frame, tracks: Tracks) -> None:
        boxes = picture_boxes(frame, tracks.boxes)
        self._image, self._areas = frame.image, _upper(boxes)

    def __getitem__(self, row: int) -> Torso | None:
        """The torso of track `row`; None where it is too small to be read."""
        h, w = self._image.shape[:2]
        x1, y1, x2, y2 = np.clip(np.rint(self._areas[row]), 0, (w, h, w, h)).astype(int).tolist()
        if x2 - x1 < SMALL or y2 - y1 < SMALL:
            return None
        factor = 2 if y2 - y1 < ENLARGED else 1
        gray = cv2.cvtColor(self._image[y1:y2, x1:x2], cv2.COLOR_BGR2GRAY)
        gray = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        return Torso(np.asarray(gray, np.uint8), (x1, y1), factor)

    def alone(self, torso: Torso, corners: NDArray[np.float32]) -> bool:
        """Whether a thing with these corners (k, 2), in pixels of `torso.gray`, lies on one torso of the frame and no other."""
        x, y = corners.reshape(-1, 2).mean(axis=0) / torso.factor + torso.corner
        left, top, right, bottom = self._areas.T
        return int(((left <= x) & (x <= right) & (top <= y) & (y <= bottom)).sum()) == 1


def by_badge(roster: Sequence[Person]) -> dict[int, Person]:
    """People by the number of their badge. Raises InputError for two with one badge: they cannot be told apart."""
    people: dict[int, Person] = {}
    for person in roster:
        if person.badge in people:
            raise InputError(
                f"badge {person.badge}: both {people[person.badge].id} and {person.id} have it; give each person another one"
            )
        people[person.badge] = person
    return people


def ratio(trust: float, badges: int) -> float:
    """The log-likelihood ratio of a reading that is right with probability `trust`, and else any of so many `badges`."""
    if not 0.5 < trust < 1:
        raise InputError(f"trust is {trust}; expected the share of readings that are of the person's own badge, 0.5 < trust < 1")
    return float(np.log(trust / (1 - trust) * max(1, badges)))


def _upper(boxes: Floats64) -> Floats64:
    """(n, 4) the part of each box where a badge is."""
    top, height = boxes[:, 1], boxes[:, 3] - boxes[:, 1]
    return np.stack([boxes[:, 0], top + TORSO[0] * height, boxes[:, 2], top + TORSO[1] * height], axis=1)
