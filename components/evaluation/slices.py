"""Cuts what was judged by camera, by hour of the day, by how many people there are, and by role."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from components.contracts import InputError, Ints

Kind = Literal["camera", "hour", "crowd", "role"]
ODD = re.compile(r"[^\w\-/ ]")  # what names of metrics must not have, and the dots that separate their parts
HOUR = 3_600 * 10**9  # ns


@dataclass(frozen=True, slots=True)
class Cut:
    """All pictures, cut in one way."""

    kind: Kind
    values: tuple[str, ...]  # such as 00-06, 06-12
    block: Ints  # (pictures,) which of the values each is in


def name_of(kind: str, value: str) -> str:
    """How metrics of a slice end, such as camera.bay_a: without signs that a ledger refuses."""
    return f"{kind}.{ODD.sub('_', value)}"


class Slices:
    """How pictures are cut: `hours` and `crowd` are where each block begins, the first with what is below it too; the hours are
    those of clocks in `timezone`. Slices with fewer `people` get no figures of their own, only counts.
    """

    def __init__(
        self,
        *,
        hours: tuple[int, ...] = (0, 6, 12, 18),
        crowd: tuple[int, ...] = (0, 3, 6, 11),
        timezone: str = "UTC",
        people: Annotated[int, Ge(1)] = 20,
    ) -> None:
        for name, starts, limit in (("hours", hours, 24), ("crowd", crowd, 1000)):
            if not starts or starts[0] != 0 or any(a >= b for a, b in pairwise((*starts, limit))):
                raise InputError(
                    f"slices.{name} is {list(starts)}; expected where blocks begin: 0 first, then upwards, below {limit}"
                )
        try:
            self._zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InputError(f"slices.timezone is {timezone!r}; expected an IANA name such as Europe/Berlin or UTC") from None
        self.hours, self.crowd, self.timezone, self.people = hours, crowd, timezone, people

    def hour(self, times: Ints) -> Ints:
        """(n,) the hour, 0..23, that the clocks of the site show at fleet times (ns)."""
        moments, which = np.unique(
            times // HOUR * 4 + times % HOUR // (HOUR // 4), return_inverse=True
        )  # zones are off by quarters
        shown = [datetime.fromtimestamp(moment * 900, UTC).astimezone(self._zone).hour for moment in moments.tolist()]
        return np.array(shown, np.int64)[which]

    def hour_block(self, times: Ints) -> tuple[tuple[str, ...], Ints]:
        """Names such as 06-12, and which of them each fleet time (ns) is in."""
        names = tuple(f"{a:02}-{b:02}" for a, b in pairwise((*self.hours, 24)))
        return names, np.searchsorted(np.array(self.hours), self.hour(times), side="right") - 1

    def crowd_block(self, people: Ints) -> tuple[tuple[str, ...], Ints]:
        """Names such as 3-5, and which of them each number of people is in."""
        closed = [f"{a}-{b - 1}" if b - 1 > a else f"{a}" for a, b in pairwise(self.crowd)]
        return (*closed, f"{self.crowd[-1]}-up"), np.searchsorted(np.array(self.crowd), people, side="right") - 1

    def cuts(self, cameras: tuple[str, ...], camera: NDArray[np.int32], times: Ints, people: Ints) -> tuple[Cut, ...]:
        """Pictures by camera (numbers in `cameras`), by hour of their fleet times (ns), and by how many people they ask for."""
        return (
            Cut("camera", cameras, camera.astype(np.int64)),
            Cut("hour", *self.hour_block(times)),
            Cut("crowd", *self.crowd_block(people)),
        )
