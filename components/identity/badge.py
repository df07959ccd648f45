"""Names people by the printed marker on their badge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np

from components.contracts import UNKNOWN, Bgr, Floats64, Frame, Identities, InputError, Person, Tracks
from components.geometry import transform_boxes

DICTIONARIES = {
    "4x4_50": cv2.aruco.DICT_4X4_50,
    "4x4_100": cv2.aruco.DICT_4X4_100,
    "5x5_100": cv2.aruco.DICT_5X5_100,
    "6x6_250": cv2.aruco.DICT_6X6_250,
    "apriltag_36h11": cv2.aruco.DICT_APRILTAG_36h11,
}
TORSO = (0.1, 0.6)  # of a box's height, from the top: where chest and back are
SMALL = 16  # px: a torso of this width has no badge that could be read
ENLARGED = 300  # px: torsos lower than this are doubled, as a marker's cell may be of one pixel only
MEMORY = 0.9  # what a vote is still worth after the next one: a track that changes people comes to change its name


@dataclass(slots=True)
class _Votes:
    """The evidence about one track."""

    seen: int  # fleet time when it was last there, ns
    looked: int  # count of identify() when its badge was last looked for
    weights: dict[int, float] = field(default_factory=dict)  # marker -> votes

    def add(self, marker: int) -> None:
        self.weights = {known: weight * MEMORY for known, weight in self.weights.items() if weight > 0.01}
        self.weights[marker] = self.weights.get(marker, 0.0) + 1

    def best(self) -> tuple[int, float]:
        """The marker with most votes, and the share that it has of all and one doubt more."""
        marker = max(self.weights, key=self.weights.__getitem__, default=-1)
        return marker, self.weights.get(marker, 0.0) / (sum(self.weights.values()) + 1)


class Badge:
    """Reads ArUco markers (`dictionary`, Garrido-Jurado 2014) on the chests and backs of tracked people; one instance per camera.

    Every reading is a vote for the `roster` entry with that badge; the confidence is the share of its votes in all votes and
    one doubt, older votes counting less, and below `confidence` (0.7: three readings that agree) a track is unknown. A marker
    that lies on several people's torsos is nobody's vote. Of two tracks with one name only the surer keeps it. A track that is
    sure is looked at only every `every` frames; one that was not there for `forget_seconds` is forgotten.
    """

    def __init__(
        self,
        *,
        roster: tuple[Person, ...],
        dictionary: Literal["4x4_50", "4x4_100", "5x5_100", "6x6_250", "apriltag_36h11"] = "4x4_50",
        confidence: float = 0.7,
        every: int = 10,
        forget_seconds: float = 60.0,
    ) -> None:
        if not 0.5 < confidence < 0.9 or every < 1 or forget_seconds <= 0:
            raise InputError(
                f"badge with confidence {confidence}, every {every} and forget_seconds {forget_seconds}, "
                "expected more than 0.5 and less than 0.9, at least 1, and more than 0"
            )
        self._people = _by_badge(roster)
        self._confidence, self._every, self._forget = confidence, every, int(forget_seconds * 1e9)
        parameters = cv2.aruco.DetectorParameters()
        parameters.errorCorrectionRate = 0.0  # a marker with a wrong bit is no marker
        self._detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(DICTIONARIES[dictionary]), parameters)
        self._votes: dict[int, _Votes] = {}
        self._count = 0

    def identify(self, frame: Frame, tracks: Tracks) -> Identities:
        """The names that the evidence so far gives the tracks of this frame."""
        if not self._people:
            nobody = (UNKNOWN,) * len(tracks)
            return Identities(nobody, nobody, np.zeros(len(tracks), np.float32))
        self._count += 1
        votes = [self._votes_of(track, frame.time) for track in tracks.ids.tolist()]
        torsos = _torsos(transform_boxes(np.linalg.inv(frame.to_native), tracks.boxes))
        for i, each in enumerate(votes):
            if self._due(each):
                each.looked = self._count
                for marker in self._read(frame.image, torsos, i):
                    each.add(marker)
        self._votes = {track: each for track, each in self._votes.items() if frame.time - each.seen <= self._forget}
        return self._named(votes)

    def _votes_of(self, track: int, time: int) -> _Votes:
        votes = self._votes.setdefault(track, _Votes(time, -self._every))
        votes.seen = time
        return votes

    def _due(self, votes: _Votes) -> bool:
        return votes.best()[1] < self._confidence or self._count - votes.looked >= self._every

    def _read(self, image: Bgr, torsos: Floats64, i: int) -> Iterator[int]:
        """The roster's markers on torso `i` (pixels of `image`) that lie on nobody else's torso."""
        x1, y1, x2, y2 = np.clip(np.rint(torsos[i]), 0, (*image.shape[1::-1], *image.shape[1::-1])).astype(int)
        if x2 - x1 < SMALL or y2 - y1 < SMALL:
            return
        factor = 2 if y2 - y1 < ENLARGED else 1
        crop = cv2.cvtColor(image[y1:y2, x1:x2], cv2.COLOR_BGR2GRAY)
        crop = cv2.resize(crop, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        corners, markers, _ = self._detector.detectMarkers(crop)
        found = [] if markers is None else [int(marker) for marker in markers.ravel()]
        for marker, quad in zip(found, corners, strict=True):
            x, y = quad.reshape(4, 2).mean(axis=0) / factor + (x1, y1)
            on = (torsos[:, 0] <= x) & (x <= torsos[:, 2]) & (torsos[:, 1] <= y) & (y <= torsos[:, 3])
            if marker in self._people and on.sum() == 1:
                yield marker

    def _named(self, votes: list[_Votes]) -> Identities:
        best = [each.best() for each in votes]
        people, roles, confidence = [UNKNOWN] * len(best), [UNKNOWN] * len(best), np.zeros(len(best), np.float32)
        for i in sorted(range(len(best)), key=lambda i: best[i][1], reverse=True):
            marker, sure = best[i]
            if sure >= self._confidence and self._people[marker].id not in people:
                people[i], roles[i], confidence[i] = self._people[marker].id, self._people[marker].role, sure
        return Identities(tuple(people), tuple(roles), confidence)


def _by_badge(roster: tuple[Person, ...]) -> dict[int, Person]:
    """People by the number of their badge; two with one badge cannot be told apart."""
    people: dict[int, Person] = {}
    for person in roster:
        if person.badge in people:
            raise InputError(
                f"badge {person.badge}: both {people[person.badge].id} and {person.id} have it; give each person another one"
            )
        people[person.badge] = person
    return people


def _torsos(boxes: Floats64) -> Floats64:
    """(n, 4) the part of each box where a badge is."""
    top, height = boxes[:, 1], boxes[:, 3] - boxes[:, 1]
    return np.stack([boxes[:, 0], top + TORSO[0] * height, boxes[:, 2], top + TORSO[1] * height], axis=1)
