"""Reads the QR code on people's badges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2

from components.contracts import Frame, InputError, Observation, Pace, Person, Tracks
from components.identity.torsos import Torsos, ratio

PACE = Pace(unknown=0.3, known=2.0, alike=1.0)


class Qr:
    """QR codes (ISO/IEC 18004) on chests and backs as Evidence, for badges that have one instead of a marker.

    The code holds the id of somebody of the `roster`, or the number of the badge; `trust` as for `Badge`. Other codes, and
    those that lie on several people's torsos, say nothing. A QR code has many small modules: it is read from close by only.
    """

    def __init__(self, *, roster: tuple[Person, ...], trust: float = 0.9, pace: Pace = PACE) -> None:
        self.pace = pace
        self._people = {text: person.id for person in roster for text in (person.id, str(person.badge))}
        if len(self._people) != 2 * len(roster):
            raise InputError("roster: an id or a badge number is there twice, so that a QR code could mean several people")
        self._ratio = ratio(trust, len(roster))
        self._detector = cv2.QRCodeDetector()

    def look(self, frame: Frame, tracks: Tracks, due: Sequence[int]) -> list[Observation]:
        """One observation for each person whose code was read on one of the rows `due`."""
        if not self._people or not due:
            return []
        torsos = Torsos(frame, tracks)
        return [
            Observation(row, f"QR code of {person} read", {person: self._ratio})
            for row in due
            for person in sorted(set(self._read(torsos, row)))
        ]

    def _read(self, torsos: Torsos, row: int) -> Iterator[str]:
        if (torso := torsos[row]) is None:
            return
        found, texts, corners, _ = self._detector.detectAndDecodeMulti(torso.gray)
        for text, quad in zip(texts, corners, strict=True) if found else ():
            if text.strip() in self._people and torsos.alone(torso, quad):
                yield self._people[text.strip()]
