"""Reads the printed marker on people's badges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import cv2
import numpy as np

from components.contracts import Frame, Observation, Pace, Person, Tracks
from components.identity.torsos import Torsos, by_badge, ratio

DICTIONARIES = {
    "4x4_50": cv2.aruco.DICT_4X4_50,
    "4x4_100": cv2.aruco.DICT_4X4_100,
    "5x5_100": cv2.aruco.DICT_5X5_100,
    "6x6_250": cv2.aruco.DICT_6X6_250,
    "apriltag_36h11": cv2.aruco.DICT_APRILTAG_36h11,
}
PACE = Pace(unknown=0.0, known=1.0, alike=1.0)


class Badge:
    """ArUco markers (`dictionary`, Garrido-Jurado 2014) on chests and backs as Evidence; one instance per camera.

    A reading speaks for whoever of the `roster` has that number; of the readings, a share of `trust` is of the person's own
    badge. A marker that lies on several people's torsos, or whose number nobody has, says nothing.
    """

    def __init__(
        self,
        *,
        roster: tuple[Person, ...],
        dictionary: Literal["4x4_50", "4x4_100", "5x5_100", "6x6_250", "apriltag_36h11"] = "4x4_50",
        trust: float = 0.9,
        pace: Pace = PACE,
    ) -> None:
        self.pace = pace
        self._people = by_badge(roster)
        self._ratio = ratio(trust, len(self._people))
        parameters = cv2.aruco.DetectorParameters()
        parameters.errorCorrectionRate = 0.0  # a marker with a wrong bit is no marker
        self._detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(DICTIONARIES[dictionary]), parameters)

    def look(self, frame: Frame, tracks: Tracks, due: Sequence[int]) -> list[Observation]:
        """One observation for each number that was read on one of the rows `due`."""
        if not self._people or not due:
            return []
        torsos = Torsos(frame, tracks)
        return [self._said(row, number) for row in due for number in sorted(set(self._read(torsos, row)))]

    def _read(self, torsos: Torsos, row: int) -> Iterator[int]:
        """The roster's numbers on torso `row` and on no other."""
        if (torso := torsos[row]) is None:
            return
        corners, markers, _ = self._detector.detectMarkers(torso.gray)
        found = [] if markers is None else [int(marker) for marker in markers.ravel()]
        for marker, quad in zip(found, corners, strict=True):
            if marker in self._people and torsos.alone(torso, np.asarray(quad, np.float32)):
                yield marker

    def _said(self, row: int, number: int) -> Observation:
        return Observation(row, f"badge {number} read", {self._people[number].id: self._ratio})
