"""Where and when a labelled picture was taken: by the name that our datasets give it, or by the number of its frame."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from components.contracts import InputError, Segment
from components.database.database import Database
from components.database.registry import Registry, Version
from components.labels.marked import Marked
from components.labels.table import Place

KEY = re.compile(r"(?P<camera>[A-Za-z0-9][A-Za-z0-9_-]{0,63})-(?P<time>\d{1,19})")
NAMED = "CAMERA-TIME, as pictures of our datasets are named, such as bay_a-1772445600000000000"
COUNTED = "give pictures=frames camera=... for frames that are counted"


def key_of(marked: Marked) -> tuple[str, int]:
    """Camera and time in the name of a picture. Raises InputError where it has another form."""
    match = KEY.fullmatch(marked.name)
    if not marked.name:
        raise InputError(f"labels {marked.where}: the export has no names of pictures; {COUNTED}, or pictures named {NAMED}")
    if match is None:
        raise InputError(f"labels {marked.where}: the picture's name is {marked.name!r}; expected {NAMED}")
    return match["camera"], int(match["time"])


class ByRegistry:
    """Native pictures named after camera and time; the registry says which version the camera had then."""

    def __init__(self, database: Database, *, size: tuple[int, int] = (0, 0)) -> None:
        self._registry, self._size = Registry(database), size
        self._known: dict[str, list[Version]] = {}

    def __call__(self, marked: Marked) -> Place:
        camera, time = key_of(marked)
        return Place(camera, self._version(marked, camera, time), time, np.eye(3), self._size)

    def _version(self, marked: Marked, camera: str, time: int) -> str:
        if camera not in self._known:
            self._known[camera] = self._registry.versions(camera)
        held = [version for version in self._known[camera] if holds(version, time)]
        if not held:
            raise InputError(
                f"labels {marked.where}: the registry knows no camera {camera} at {time} ns; expected a camera that it knows: "
                "record its footage first, with python -m flows.ingest"
            )
        return held[0].camera.version


class ByDataset:
    """Pictures of a dataset: `rows` of its manifest by key say what they show, and how they were made of native ones."""

    def __init__(self, digest: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
        self._digest, self._rows = digest, rows

    def __call__(self, marked: Marked) -> Place:
        camera, time = key_of(marked)
        row = self._rows.get(f"{camera}-{time}")
        if row is None:
            raise InputError(
                f"labels {marked.where}: dataset {self._digest[:12]} has no picture {marked.name}; "
                "expected pictures of that dataset: give the dataset=... that was labelled"
            )
        to_native = np.array(row["to_native"], np.float64).reshape(3, 3)
        return Place(camera, row["camera_version"], time, to_native, (row["width"], row["height"]))


class ByFrame:
    """Frames of one camera's footage, counted from 0 in order of time.

    `times` gives the fleet time (ns) of every frame of a segment; the segments come in order.
    """

    def __init__(
        self, camera: str, segments: Sequence[Segment], times: Callable[[Segment], Sequence[int]], *, first: int = 0,
        size: tuple[int, int] = (0, 0),
    ) -> None:  # fmt: skip
        self._camera, self._first, self._size = camera, first, size
        self._frames = [(time, segment.camera.version) for segment in segments for time in times(segment)]

    def __call__(self, marked: Marked) -> Place:
        if marked.number < 0:
            raise InputError(
                f"labels {marked.where}: the picture has a name, {marked.name!r}, and no number; expected pictures=keys for it"
            )
        number = marked.number + self._first
        if not 0 <= number < len(self._frames):
            raise InputError(
                f"labels {marked.where}: it is frame {number} of camera {self._camera}, counted from 0; expected at most "
                f"{len(self._frames) - 1}: its footage in the store has {len(self._frames)} (first_frame=N moves the count)"
            )
        time, version = self._frames[number]
        return Place(self._camera, version, time, np.eye(3), self._size)


def holds(version: Version, time: int) -> bool:
    """Whether a camera hung so at that time."""
    return version.valid_from <= time and (version.valid_until is None or time < version.valid_until)
