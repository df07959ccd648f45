"""Labels that were imported, or proposed by a detector: a set of labels, bound to the views in which they were made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.contracts import Camera, Floats64, Frame, InputError, Rejected, Segment, Truth
from components.database.database import Database
from components.database.registry import Registry
from components.labels.sets import LabelSet, LabelSets, State
from components.labels.staleness import Stale, stale, versions_at
from components.labels.table import BOX
from components.storage.storage import Storage
from components.view import View

CLOSE = 2_000_000  # ns; a container may round the time of a frame to its own unit
STALE, UNLABELLED = "stale_label", "unlabelled"  # reasons why frames are left out


class Imported:
    """The set `set` (a name, of which the newest counts, or a digest), of those states that `accept` has.

    `unlabelled` says what becomes of frames that are not in the set, `stale` of those whose labels are of another view than the
    camera then had: refuse raises InputError that says what to label again, filter leaves such frames out.
    """

    def __init__(
        self, *, set: str, storage: Storage, database: Database, accept: tuple[State, ...] = ("reviewed",),
        unlabelled: Literal["keep", "leave_out"] = "leave_out", stale: Literal["refuse", "filter"] = "refuse",
    ) -> None:  # fmt: skip
        self._sets, self._registry, self._word, self._accept = LabelSets(storage, database), Registry(database), set, accept
        self._unlabelled, self._stale = unlabelled, stale
        self._cameras: dict[str, _Camera] = {}

    @property
    def label_set(self) -> str:
        """The digest of the set."""
        return self._set.digest

    def stale(self, cameras: Sequence[str]) -> list[Stale]:
        """What of the labels of these cameras does not hold. Raises InputError where there is any and `stale` is refuse."""
        found = stale(self._table, self._registry, cameras=cameras)
        if found and self._stale == "refuse":
            raise InputError(
                f"labels {self._set.name} ({self.label_set[:12]}) are stale: {'; '.join(map(str, found))}. Label those "
                "frames again, or leave them out with labels.stale=filter"
            )
        return found

    def label(self, segment: Segment, frame: Frame) -> Truth | Rejected | None:  # noqa: ARG002 - the signature is the contract's
        name = frame.camera.id
        if name not in self._cameras:
            self.stale([name])
            self._cameras = {name: _Camera(self._table, name, self._registry)}
        rows = self._cameras[name].at(frame.time)
        if rows is None:
            return None if self._unlabelled == "keep" else Rejected(UNLABELLED)
        if not self._cameras[name].holds(rows, frame.camera.version):
            if self._stale == "refuse":
                raise InputError(
                    f"labels {self._set.name}: the frame of camera {name} at {frame.time} ns was labelled in another view than "
                    "its footage was recorded in; record it again with python -m flows.ingest, or give labels.stale=filter"
                )
            return Rejected(STALE)
        return self._cameras[name].truth(rows, frame)

    @cached_property
    def _set(self) -> LabelSet:
        found = self._sets.named(self._word, states=self._accept)
        if found.state not in self._accept:
            raise InputError(
                f"labels {self._word}: the set is {found.state}, and labels.accept={list(self._accept)}; let somebody review it "
                "(python -m flows.label do=accept), or give labels.accept=[reviewed,proposed]"
            )
        return found

    @cached_property
    def _table(self) -> pa.Table:
        return self._sets.read(self._set)


class _Camera:
    """The labels of one camera, by time."""

    def __init__(self, table: pa.Table, camera: str, registry: Registry) -> None:
        rows = table.filter(pc.equal(table["camera"], camera))
        self._columns = {name: rows[name].to_numpy(zero_copy_only=False) for name in rows.column_names}
        self._times = self._columns["time"]
        self._now = versions_at(self._times, registry.versions(camera))

    def at(self, time: int) -> slice | None:
        """The rows of the picture that was taken then; None where there is none."""
        first = int(np.searchsorted(self._times, time - CLOSE))
        if first == len(self._times) or self._times[first] > time + CLOSE:
            return None
        return slice(first, int(np.searchsorted(self._times, self._times[first], side="right")))

    def holds(self, rows: slice, version: str) -> bool:
        """Whether these labels are of the view that their footage, and the registry, have for that time."""
        labelled = self._columns["camera_version"][rows][0]
        return bool(labelled == version == self._now[rows][0])

    def truth(self, rows: slice, frame: Frame) -> Truth:
        cut = {name: column[rows] for name, column in self._columns.items()}
        there = cut["person"] != ""
        boxes = np.stack([cut[name] for name in BOX], axis=1).astype(np.float32)[there]
        return Truth(
            frame.time, boxes, tuple(cut["person"][there]), tuple(cut["role"][there]), _floor(frame.camera, boxes),
            cut["visibility"][there].astype(np.float32),
        )  # fmt: skip


def _floor(camera: Camera, boxes: np.ndarray) -> Floats64:
    """(n, 2) metres: where the middle of each box's lower edge is on the floor; NaN where the camera's mapping does not reach."""
    feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1).astype(np.float64)
    view = View(camera)
    with np.errstate(divide="ignore", invalid="ignore"):
        return view.place(view.straight(feet)) if len(feet) else np.zeros((0, 2))
