"""Hides faces wherever YuNet finds them."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

import cv2
import numpy as np

from components.contracts import Bgr, Floats64, Frame, InputError, Rejected
from components.pixels import native_boxes, picture_boxes
from components.preprocessing.hiding import UNMASKED, How, Veil

_LOG = logging.getLogger(__name__)


class Faces:
    """Hides every face that YuNet (Wu 2023) finds with `score` and more in the picture, enlarged by `enlarge` before it looks.

    `weights` is face_detection_yunet_2023mar.onnx of the OpenCV zoo, a local file. Faces from about 10 px are found, as far as
    they look towards the camera: on a ceiling most do not, so `People` with heads hides more. Boxes are enlarged by `grow` of
    their size, and stay hidden for `hold` seconds. It fails closed: where the network fails, and with `nobody` reject also
    where it finds no face, there is no picture (rejected as unmasked). One instance per camera. `how` and `blocks` are `Veil`'s.
    Raises InputError where the file is missing or no such network.
    """

    def __init__(
        self, weights: str, *, how: How = "pixelate", blocks: int = 4, score: float = 0.5, enlarge: float = 1.0,
        grow: float = 0.3, hold: float = 0.5, nobody: Literal["pass", "reject"] = "pass",
    ) -> None:  # fmt: skip
        if not 0 < score < 1 or not 0.1 <= enlarge <= 8 or not 0 <= grow <= 2 or not 0 <= hold <= 3600:
            raise InputError(
                f"hiding faces with score {score}, enlarge {enlarge}, grow {grow} and hold {hold}, "
                "expected 0 < score < 1, 0.1 to 8, 0-2 and 0-3600 s"
            )
        self._network, self._veil, self._nobody = _network(weights, score), Veil(how, blocks), nobody
        self._enlarge, self._grow, self._hold = enlarge, grow, round(hold * 1e9)
        self._held: list[tuple[int, Floats64]] = []  # fleet time, native boxes

    hides: ClassVar[Literal[True]] = True

    def __call__(self, frame: Frame) -> Frame | Rejected:
        try:
            found = self._boxes(frame.image)
        except cv2.error:  # an unmasked picture must not go on
            _LOG.warning("camera %s: YuNet failed; its picture is rejected", frame.camera.id, exc_info=True)
            return Rejected(UNMASKED, frame.quality)
        if not len(found) and self._nobody == "reject":
            return Rejected(UNMASKED, frame.quality)
        kept = [(time, boxes) for time, boxes in self._held if 0 <= frame.time - time <= self._hold]
        self._held = [*kept, (frame.time, native_boxes(frame, found))] if self._hold else []
        before = [picture_boxes(frame, boxes) for _, boxes in kept]
        return replace(frame, image=self._veil.over(frame.image, np.concatenate([found, *before])))

    def _boxes(self, image: Bgr) -> Floats64:
        """(n, 4) xyxy, grown, in pixels of `image`."""
        h, w = image.shape[:2]
        size = max(1, round(w * self._enlarge)), max(1, round(h * self._enlarge))
        view = np.ascontiguousarray(image) if size == (w, h) else cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        self._network.setInputSize(size)
        faces = self._network.detect(view)[1]
        corner = np.zeros((0, 4)) if faces is None else np.asarray(faces, np.float64)[:, :4]
        x, y, width, height = (corner * [w / size[0], h / size[1], w / size[0], h / size[1]]).T
        dx, dy = self._grow * width / 2, self._grow * height / 2
        return np.stack([x - dx, y - dy, x + width + dx, y + height + dy], axis=1)


def _network(weights: str, score: float) -> cv2.FaceDetectorYN:
    wanted = (
        "give it face_detection_yunet_2023mar.onnx of the OpenCV zoo, or hide heads with components.preprocessing.people.People"
    )
    if not Path(weights).is_file():
        raise InputError(f"hiding faces: weights {weights}: no such file; {wanted}")
    try:
        return cv2.FaceDetectorYN.create(weights, "", (320, 320), score)
    except cv2.error as error:
        raise InputError(f"hiding faces: weights {weights}: not YuNet ({error.err}); {wanted}") from None
