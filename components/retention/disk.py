"""What goes when a disk of this machine is nearly full: oldest first, class by class, never what is held."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Interval

from components.contracts import InputError

MEGABYTE = 1_000_000
OTHER = "other"  # what is of no class
MORE = 0.1  # of what has to be free is made free besides, so that not every file asks again


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """When a disk counts as nearly full, and the classes of footage (`flows.retain do=classify`) in the order in which they go.

    `other` is footage of no class. What is of a class that is not named, or held, never goes: then recording waits for room.
    """

    free_megabytes: Annotated[int, Ge(0)] = 0  # at least
    free_share: Annotated[float, Interval(ge=0, lt=1)] = 0.0  # of the disk, at least
    goes: tuple[str, ...] = (OTHER,)

    def __post_init__(self) -> None:
        if len(set(self.goes)) < len(self.goes):
            raise InputError(f"live.disk.goes is {list(self.goes)}; expected each class once, in the order in which they go")

    @property
    def rule(self) -> str:
        """What certificates and gaps name."""
        return f"the disk has to have {self.free_megabytes:,} MB and {100 * self.free_share:g} % free"

    def missing(self, folder: Path) -> int:
        """How many bytes have to become free on the disk of `folder`; 0 while there are enough."""
        about = os.statvfs(next(place for place in (folder, *folder.absolute().parents) if place.exists()))
        least = max(self.free_megabytes * MEGABYTE, round(self.free_share * about.f_blocks * about.f_frsize))
        free = about.f_bavail * about.f_frsize
        return round(least * (1 + MORE)) - free if free < least else 0

    def rank(self, holds: Sequence[str], categories: Sequence[str]) -> int | None:
        """When something under these holds, and of these classes, goes: less is sooner, None is never."""
        if holds or any(category not in self.goes for category in categories):
            return None
        if not categories:
            return self.goes.index(OTHER) if OTHER in self.goes else None
        return max(self.goes.index(category) for category in categories)
