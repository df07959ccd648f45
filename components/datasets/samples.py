"""The labelled pictures of one split: one by a range read, many by few of them, each against its digest."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

import numpy as np

from components.contracts import PERSON, Floats32, InputError, Sample
from components.datasets.index import Index, Records
from components.datasets.picture import PictureError, decoded
from components.geometry import transform_boxes
from components.storage.storage import Storage

REACH = 4 * 2**20  # bytes that one range read asks for at most, unless a single frame has more
GAP = 64 * 2**10  # bytes between two frames that are cheaper read than left out

Check = Literal["sha256", "nothing"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame stands, and how a picture becomes a sample."""

    folder: str  # of the dataset
    camera: str
    time: int
    shard: str
    to_native: tuple[float, ...]
    width: int
    height: int
    digests: tuple[bytes, bytes]  # sha256 of picture and label

    def refuse(self, why: str) -> InputError:
        return InputError(
            f"dataset {self.folder}: frame {self.camera}-{self.time} in {self.shard} is damaged: {why}; "
            f"python -m flows.datasets verify={self.folder.rsplit('/', 1)[-1][:12]} says what else is"
        )


@dataclass(frozen=True, slots=True)
class Label:
    """Who is in a picture. Row i of every column is person i."""

    boxes: Floats32  # (n, 4) xyxy in pixels of the picture, clipped to it
    visibility: Floats32  # (n,) 0..1
    people: tuple[str, ...]  # () where the label does not say
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A frame as it stands in its shard: bytes that are still to be decoded."""

    place: Place
    picture: bytes | memoryview
    label: bytes | memoryview

    def check(self) -> None:
        """Raise InputError that names the frame unless the bytes are those that the manifest knows."""
        for name, content, digest in zip(("picture", "label"), (self.picture, self.label), self.place.digests, strict=True):
            if sha256(content).digest() != digest:
                raise self.place.refuse(self._different(name, content))

    def _different(self, name: str, content: bytes | memoryview) -> str:
        """What can be said of bytes that are not those that the manifest knows."""
        if not len(content):
            return f"its {name} has no bytes"
        try:
            if name == "picture":
                decoded(content, width=self.place.width, height=self.place.height)
        except PictureError as error:
            return str(error)
        return f"its {name} has another sha256 than the manifest says, in {len(content)} bytes"

    def decode(self) -> Sample:
        """Raises InputError that names the frame where its picture or its label cannot be read."""
        place, label = self.place, self.labels()
        try:
            image = decoded(self.picture, width=place.width, height=place.height)
        except PictureError as error:
            raise place.refuse(str(error)) from error
        labels = np.full(len(label.boxes), PERSON, np.int64)
        return Sample(image, label.boxes, labels, label.visibility, place.camera, place.time, label.people, label.roles)

    def labels(self) -> Label:
        """Who is in the picture, without a look at it."""
        try:
            label = json.loads(bytes(self.label))
            visibility = np.array(label["visibility"], np.float32)
            return Label(_boxes(label, self.place), visibility, tuple(label.get("people", ())), tuple(label.get("roles", ())))
        except (ValueError, KeyError, TypeError) as error:
            raise self.place.refuse(f"its label cannot be read: {error}") from error


@dataclass(frozen=True)
class StoredSamples:
    """Samples by position, in order of camera and time. Safe to hand to processes, spawned or forked.

    With `check` sha256 every picture and label is compared with its digest before anybody sees it.
    """

    storage: Storage
    folder: str
    index: Index
    check: Check = "sha256"
    _owner: int = field(default_factory=os.getpid, compare=False)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, index: int) -> Sample:
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        return self.fetch([at])[0].decode()

    def fetch(self, positions: Sequence[int]) -> list[Encoded]:
        """The frames at these positions, undecoded; neighbours share a range read."""
        records = self.index.take(positions)
        order = np.lexsort((records["offset"], records["shard"]))
        found = dict(zip(order.tolist(), self._read(records[order]), strict=True))
        return [found[at] for at in range(len(records))]

    def walk(self, start: int = 0, stop: int | None = None, *, step: int = 1024) -> Iterator[Encoded]:
        """Frames in order, undecoded; never more in memory than one range read holds."""
        end = len(self) if stop is None else min(stop, len(self))
        for first in range(start, end, step):
            yield from self._read(self.index.read(first, min(first + step, end)))

    def _read(self, records: Records) -> Iterator[Encoded]:
        """`records` have to be in order of shard and offset where they are to share reads."""
        offsets, sizes = records["offset"].tolist(), records["size"].tolist()
        starts, ends = records["label_offset"].tolist(), (records["label_offset"] + records["label_size"]).tolist()
        for first, last in _runs(records):
            base = min(offsets[first], starts[first])
            content = memoryview(self._range(records[first], base, ends[last - 1] - base))
            for i in range(first, last):
                place = self._place(records[i])
                picture = content[offsets[i] - base : offsets[i] - base + sizes[i]]
                encoded = Encoded(place, picture, content[starts[i] - base : ends[i] - base])
                if ends[i] - base > len(content):
                    raise place.refuse("its shard ends before it: it was cut off")
                if self.check == "sha256":
                    encoded.check()
                yield encoded

    def _range(self, record: Any, start: int, size: int) -> bytes:
        place = self._place(record)
        if start < 0 or size <= 0:
            raise place.refuse("the manifest gives it no place")
        return self._reader.read(f"{self.folder}/{place.shard}", start=start, size=size)

    @property
    def _reader(self) -> Storage:
        """The store, opened by the process that reads: a connection does not survive a fork."""
        if os.getpid() != self._owner:
            object.__setattr__(self, "storage", pickle.loads(pickle.dumps(self.storage)))
            object.__setattr__(self, "_owner", os.getpid())
        return self.storage

    def _place(self, record: Any) -> Place:
        matrix, width, height = self.index.views[record["view"]]
        digests = (record["sha256"].tobytes(), record["label_sha256"].tobytes())
        camera, shard = self.index.cameras[record["camera"]], self.index.shards[record["shard"]]
        return Place(self.folder, camera, int(record["time"]), shard, matrix, width, height, digests)


def _runs(records: Records) -> Iterator[tuple[int, int]]:
    """Parts of `records` that one range read gives: of one shard, in order, close together and not too long."""
    shards, firsts = records["shard"].tolist(), np.minimum(records["offset"], records["label_offset"]).tolist()
    ends = (np.maximum(records["label_offset"] + records["label_size"], records["offset"] + records["size"])).tolist()
    start = 0
    for i in range(1, len(records) + 1):
        near = i < len(records) and shards[i] == shards[i - 1] and 0 <= firsts[i] - ends[i - 1] <= GAP
        if not near or ends[i] - firsts[start] > REACH:
            yield start, i
            start = i


def _boxes(label: dict[str, Any], place: Place) -> Floats32:
    """Native boxes in pixels of the stored picture, clipped to it."""
    boxes = np.array(label["boxes"], np.float64).reshape(-1, 4)
    mapped = transform_boxes(np.linalg.inv(np.array(place.to_native).reshape(3, 3)), boxes)
    return np.clip(mapped, 0, [place.width, place.height] * 2).astype(np.float32)
