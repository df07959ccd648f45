"""Keeps random moments, as many of every hour of every camera."""

from __future__ import annotations

import hashlib
from typing import Literal

from components.contracts import InputError, Moment

HOUR = 3600 * 1_000_000_000
LATE = 2 * 1_000_000_000  # ns; slower cameras have fewer frames


class Stratified:
    """`per_hour` frames of each hour (UTC) of each camera: the hour is cut into that many parts, each has one random moment.

    The moment depends on `seed`, camera, hour and part only, so neither the order in which hours are read, nor the process,
    nor other cameras change it. The frame kept is the first within LATE after the moment: a part of which there is no footage
    at its moment has none.
    """

    needs: Literal["times"] = "times"

    def __init__(self, *, per_hour: int = 60, seed: int = 0) -> None:
        if not 1 <= per_hour <= 36000:
            raise InputError(f"per_hour is {per_hour}, expected 1 to 36000: the frames to keep of each hour")
        self._count, self._seed = per_hour, seed
        self._kept: tuple[str, int] | None = None  # camera and number of the part that has its frame
        self._moment: tuple[tuple[str, int], int] | None = None  # a part, and its moment

    def keep(self, moment: Moment) -> bool:
        """Whether this is the frame of its part's moment."""
        part = (moment.camera, moment.time // HOUR * self._count + moment.time % HOUR * self._count // HOUR)
        if part == self._kept or not 0 <= moment.time - self._chosen(part) < LATE:
            return False
        self._kept = part
        return True

    def _chosen(self, part: tuple[str, int]) -> int:
        """The fleet time (ns) of the moment of a part."""
        if self._moment is None or self._moment[0] != part:
            camera, number = part
            hour, place = divmod(number, self._count)
            draw = hashlib.sha256(f"{self._seed}/{camera}/{hour}/{place}".encode()).digest()
            share = int.from_bytes(draw[:8]) / 2**64
            self._moment = (part, hour * HOUR + round((place + share) * HOUR / self._count))
        return self._moment[1]
