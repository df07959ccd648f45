"""Labels of a camera that has moved: those whose view is not the one that the registry knows for their time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from components.database.registry import Registry, Version

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stale:
    """Pictures of one camera that have to be labelled again."""

    camera: str
    labelled: str  # the version that the labels are of
    version: str  # the version that the camera had at that time; empty: the registry knows none
    frames: int
    first: int  # fleet time of the first and of the last of them, ns
    last: int

    def __str__(self) -> str:
        now = f"version {self.version[:12]}" if self.version else "none that the registry knows"
        return (
            f"{self.frames} frames of camera {self.camera} from {_moment(self.first)} to {_moment(self.last)} were labelled in "
            f"version {self.labelled[:12]}; the camera then was {now}"
        )


def stale(table: pa.Table, registry: Registry, *, cameras: Sequence[str] | None = None) -> list[Stale]:
    """What of a set of labels does not hold, by camera, view and time; of some cameras, or of all."""
    there = pc.unique(table["camera"]).to_pylist()
    found: list[Stale] = []
    for camera in sorted(there if cameras is None else set(cameras) & set(there)):
        rows = table.filter(pc.equal(table["camera"], camera)).group_by(["camera_version", "time"]).aggregate([])
        times, labelled = rows["time"].to_numpy(), np.array(rows["camera_version"].to_pylist(), object)
        truth = versions_at(times, registry.versions(camera))
        off = labelled != truth
        for pair in sorted(set(zip(labelled[off].tolist(), truth[off].tolist(), strict=True))):
            mine = times[off & (labelled == pair[0]) & (truth == pair[1])]
            found.append(Stale(camera, *pair, len(mine), int(mine.min()), int(mine.max())))
    return found


def versions_at(times: NDArray[np.int64], versions: Sequence[Version]) -> NDArray[np.object_]:
    """(n,) the version that a camera had at each time (ns); empty where it had none."""
    found = np.full(len(times), "", object)
    for version in versions:
        inside = times >= version.valid_from
        if version.valid_until is not None:
            inside &= times < version.valid_until
        found[inside] = version.camera.version
    return found


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S}"
