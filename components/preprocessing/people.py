"""Hides people, or their heads, wherever a detector of your choice finds them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np

from components.contracts import Detector, Floats64, Frame, InputError, Rejected
from components.pixels import picture_boxes
from components.preprocessing.hiding import UNMASKED, How, Veil

_LOG = logging.getLogger(__name__)


class People:
    """Hides what `detector` finds with `score` and more: the whole `person`, or the `head`, the upper `share` of the box.

    A standing person's head is an eighth of the height; `share` leaves room for those who bend and for boxes that are not
    exact. Under a camera that looks straight down the head may be anywhere: hide the person there. Boxes are enlarged by `grow`
    of their size. Who was found stays hidden for `hold` seconds at that place, as detectors miss people for a frame. It fails
    closed: a detector that fails leaves no picture (rejected as unmasked), and with `nobody` reject neither does one that finds
    nobody now. What no detector finds is not hidden: YOLOX-nano hides 97 % of the heads of PETS with a `score` of 0.05 and a
    `hold` of 1 s, 93 % without a hold, 90 % at 0.3. One instance per camera. `how` and `blocks` are `Veil`'s.
    """

    def __init__(
        self, detector: Detector, *, part: Literal["person", "head"] = "person", how: How = "pixelate", blocks: int = 6,
        score: float = 0.05, share: float = 0.3, grow: float = 0.1, hold: float = 1.0, nobody: Literal["pass", "reject"] = "pass",
    ) -> None:  # fmt: skip
        if not 0 <= score <= 1 or not 0 < share <= 1 or not 0 <= grow <= 2 or not 0 <= hold <= 3600:
            raise InputError(
                f"hiding people with score {score}, share {share}, grow {grow} and hold {hold}, "
                "expected 0-1, more than 0 and at most 1, 0-2, and 0-3600 s"
            )
        self._detector, self._part, self._veil, self._nobody = detector, part, Veil(how, blocks), nobody
        self._score, self._share, self._grow, self._hold = score, share, grow, round(hold * 1e9)
        self._held: list[tuple[int, Floats64]] = []  # fleet time, native boxes

    hides: ClassVar[Literal[True]] = True

    def __call__(self, frame: Frame) -> Frame | Rejected:
        try:
            found = self._detector.detect([frame])[0]
        except Exception:  # whatever it is, an unmasked picture must not go on
            _LOG.warning(
                "camera %s: the detector of its privacy mask failed; its picture is rejected", frame.camera.id, exc_info=True
            )
            return Rejected(UNMASKED, frame.quality)
        people = found.boxes[found.scores >= self._score].astype(np.float64)
        if not len(people) and self._nobody == "reject":
            return Rejected(UNMASKED, frame.quality)
        kept = [(time, boxes) for time, boxes in self._held if 0 <= frame.time - time <= self._hold]
        self._held = [*kept, (frame.time, self._hidden(people))] if self._hold else []
        everybody = np.concatenate([self._hidden(people), *(boxes for _, boxes in kept)])
        return replace(frame, image=self._veil.over(frame.image, picture_boxes(frame, everybody)))

    def _hidden(self, boxes: Floats64) -> Floats64:
        """(n, 4) what to hide of each box, native pixels."""
        x1, y1, x2, y2 = boxes.reshape(-1, 4).T
        bottom = y1 + self._share * (y2 - y1) if self._part == "head" else y2
        dx, dy = self._grow * (x2 - x1) / 2, self._grow * (y2 - y1) / 2
        return np.stack([x1 - dx, y1 - dy, x2 + dx, bottom + dy], axis=1)
