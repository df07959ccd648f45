"""Finds people with OpenCV's built-in HOG detector: no weights, no network."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from components.contracts import PERSON, Detections, Floats32, Frame, InputError
from components.detectors import decoding
from components.pixels import native_boxes

WINDOW = (64, 128)  # px that the classifier looks at; the person fills the middle of it
PERSON_SHARE = (0.5, 0.75)  # of the window's width and height (Dalal and Triggs 2005: 16 px of margin on each side)


class Hog:
    """People who stand, found by a linear classifier on gradients (Dalal and Triggs 2005), trained by OpenCV on INRIA.

    A person has to be about 96 px high, so pictures are enlarged by `enlarge` first; cost grows with its square. `stride` (px)
    and `zoom` set how densely places and sizes are tried. `score` is the least score to report, the chance that the
    box is a person; `iou` is the overlap beyond which the weaker of two boxes is dropped.
    """

    def __init__(self, *, enlarge: float = 2.0, stride: int = 8, zoom: float = 1.1, score: float = 0.1, iou: float = 0.3) -> None:
        if not 0.1 <= enlarge <= 8 or stride % 8 or stride < 8 or not 1.01 <= zoom <= 2:
            raise InputError(
                f"HOG with enlarge {enlarge}, stride {stride} and zoom {zoom}, expected 0.1 to 8, a multiple of 8 and 1.01 to 2"
            )
        if not 0 < score < 1 or not 0 < iou <= 1:
            raise InputError(f"HOG with score {score} and iou {iou}, expected both between 0 and 1")
        self._enlarge, self._stride, self._zoom, self._score, self._iou = enlarge, stride, zoom, score, iou
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(np.array(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32))

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, boxes in pixels of its native picture, best score first."""
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: Frame) -> Detections:
        h, w = frame.image.shape[:2]
        people = decoding.best(self._windows(frame), self._score, self._iou)
        boxes = np.clip(people.boxes, 0, (w, h, w, h))
        native = native_boxes(frame, boxes).astype(np.float32)
        return Detections(native, people.scores, np.full(len(native), PERSON, np.int64))

    def _windows(self, frame: Frame) -> decoding.Candidates:
        """Every window that the classifier takes for a person, shrunk to the person in it, in pixels of the image."""
        image = cv2.resize(frame.image, None, fx=self._enlarge, fy=self._enlarge, interpolation=cv2.INTER_LINEAR)
        if image.shape[1] < WINDOW[0] or image.shape[0] < WINDOW[1]:
            return decoding.Candidates(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
        step = (self._stride, self._stride)
        found, margins = self._hog.detectMultiScale(image, winStride=step, padding=(8, 8), scale=self._zoom, groupThreshold=0)
        boxes = np.asarray(found, np.float32).reshape(-1, 4) / self._enlarge
        middle, half = boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:] / 2 * PERSON_SHARE
        return decoding.Candidates(np.hstack([middle - half, middle + half]).astype(np.float32), _scores(margins))


def _scores(margins: object) -> Floats32:
    """(n,) 0..1: the chance that a window with this margin is a person (Platt scaling).

    Slope and offset were fitted on two real sequences, which agree (PETS09-S2L1: 2.8 and 1.3, TUD-Campus: 2.8 and 1.0).
    """
    return (1 / (1 + np.exp(-2.8 * (np.asarray(margins, np.float64).reshape(-1) - 1.1)))).astype(np.float32)
