"""Recognises people by their face: off unless somebody has consented to it, in writing and by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import cv2
import numpy as np

from components.contracts import Bgr, Floats32, Floats64, Frame, InputError, Observation, Pace, Person, Tracks
from components.crops import crops
from components.identity.gallery import Gallery
from components.pixels import picture_boxes

CONSENT = re.compile(r"\s*(?P<who>\S.*\S)\s*,\s*(?P<when>\d{4}-\d{2}-\d{2})\s*")
HEAD = 0.35  # of a box's height, from the top: where a face can be
PACE = Pace(unknown=0.3, known=5.0, alike=3.0)
SMALL = 24  # px: the head of a narrower box has no face that could be told from another


class Face:
    """YuNet (Wu 2023) finds faces, SFace (Zhong 2021) describes them, both from local ONNX files; Evidence, one per camera.

    `consent` says who agreed to face recognition and when ("works council of St Mary's, 2026-03-01"); without it nothing is
    loaded. `detector` and `recognizer` are the files of the OpenCV zoo, `gallery` was enrolled with features of SFace. A face
    counts for the track on whose head, and on no other, it lies, with at most `limit` nats a look; `score` is YuNet's least.
    Raises InputError without consent, and for files that are missing or are not such networks.
    """

    def __init__(
        self,
        *,
        roster: tuple[Person, ...],
        consent: str,
        detector: str,
        recognizer: str,
        gallery: str,
        score: float = 0.8,
        limit: float = 4.0,
        pace: Pace = PACE,
    ) -> None:
        check_consent(consent)
        if limit <= 0 or not 0 < score < 1:
            raise InputError(f"face: limit is {limit} and score is {score}, expected more than 0 nats, and 0 < score < 1")
        self.pace, self._limit = pace, limit
        self._gallery = Gallery.load(Path(gallery), roster)
        self._detector, self._recognizer = _networks(detector, recognizer, score)

    def look(self, frame: Frame, tracks: Tracks, due: Sequence[int]) -> list[Observation]:
        """One observation for each row of `due` with one face that is nobody else's."""
        boxes = picture_boxes(frame, tracks.boxes)
        said = []
        for row, view in zip(due, crops(frame, heads(tracks.boxes[list(due)])), strict=True):
            if min(view.shape[:2]) < SMALL:
                continue
            corner = np.maximum(np.rint(boxes[row, :2]), 0)
            faces = [face for face in self._faces(view) if owner(corner + face[:2] + face[2:4] / 2, boxes) == row]
            if len(faces) == 1:
                said.append(self._said(row, view, faces[0]))
        return said

    def _faces(self, view: Bgr) -> Floats32:
        """(n, 15) left, top, width, height, five landmarks and the score of each face, in pixels of `view`."""
        self._detector.setInputSize((view.shape[1], view.shape[0]))
        found = self._detector.detect(view)[1]
        return np.zeros((0, 15), np.float32) if found is None else np.asarray(found, np.float32)

    def _said(self, row: int, view: Bgr, face: Floats32) -> Observation:
        feature = np.asarray(self._recognizer.feature(self._recognizer.alignCrop(view, face)), np.float32).reshape(1, -1)
        if feature.shape[1] != self._gallery.features.shape[1]:
            raise InputError(
                f"face: SFace gives {feature.shape[1]} numbers, the gallery {self._gallery.features.shape[1]}; enrol with SFace"
            )
        ratios = self._gallery.ratios(feature / max(float(np.linalg.norm(feature)), 1e-9))[0]
        ratios = np.clip(ratios, -self._limit, self._limit)
        best = int(ratios.argmax())
        says = f"face of {self._gallery.names[best]}" if ratios[best] > 0 else "face of nobody who was enrolled"
        return Observation(
            row, says, dict(zip(self._gallery.names, ratios.tolist(), strict=True)), score=float(min(1.0, face[14]))
        )


def check_consent(consent: str) -> None:
    """Raise InputError unless `consent` names who gave it and the day, which is not in the future."""
    match, day = CONSENT.fullmatch(consent), None
    if match:
        try:
            day = date.fromisoformat(match["when"])
        except ValueError:
            day = None
    if day is None or day > date.today():
        raise InputError(
            f"face recognition does not start: consent is {consent!r}, expected who gave it and when, such as "
            "'works council of the hospital, 2026-03-01'; without consent choose identity=badge"
        )


def heads(boxes: Floats32) -> Floats64:
    """(n, 4) the part of each box where a face can be."""
    top, height = boxes[:, 1], boxes[:, 3] - boxes[:, 1]
    return np.stack([boxes[:, 0], top, boxes[:, 2], top + HEAD * height], axis=1).astype(np.float64)


def owner(point: Floats64, boxes: Floats64) -> int:
    """The row of `boxes` (n, 4) on whose head a point (x, y) lies; -1 for none or several."""
    left, top, right, bottom = heads(boxes.astype(np.float32)).T
    rows = np.flatnonzero((left <= point[0]) & (point[0] <= right) & (top <= point[1]) & (point[1] <= bottom))
    return int(rows[0]) if len(rows) == 1 else -1


def _networks(detector: str, recognizer: str, score: float) -> tuple[cv2.FaceDetectorYN, cv2.FaceRecognizerSF]:
    if missing := [path for path in (detector, recognizer) if not Path(path).is_file()]:
        raise InputError(
            f"face: {', '.join(missing)}: no such file; give face_detection_yunet and face_recognition_sface of the OpenCV zoo"
        )
    try:
        return cv2.FaceDetectorYN.create(detector, "", (320, 320), score), cv2.FaceRecognizerSF.create(recognizer, "")
    except cv2.error as error:
        said = str(error).strip().splitlines()[0]
        raise InputError(f"face: {detector} and {recognizer} are not YuNet and SFace as ONNX files ({said})") from None
