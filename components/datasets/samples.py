"""The labelled pictures of one split: one by a range read, many by few of them, each against its digest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np

from components.contracts import PERSON, Floats32, Floats64, InputError, Sample
from components.datasets.index import Index, Records
from components.datasets.manifest import key_of
from components.datasets.picture import PictureError, decoded
from components.geometry import transform_boxes
from components.storage.storage import Storage

REACH = 5 * 2**18  # bytes that one range read asks for at most, unless a single frame has more; larger ones leave the CPU's cache
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


class Encoded(NamedTuple):
    """A frame as it stands in its shard: bytes that are still to be decoded."""

    folder: str  # of the dataset
    names: Index
    numbers: tuple[int, int, int, int]  # fleet time, and the numbers in the index of camera, shard and view
    digests: bytes  # sha256 of the picture and of the label, one after the other
    picture: bytes | memoryview
    label: bytes | memoryview

    @property
    def place(self) -> Place:
        time, camera, shard, view = self.numbers
        return Place(self.folder, self.names.cameras[camera], time, self.names.shards[shard], *self.names.views[view])

    def check(self) -> None:
        """Raise InputError that names the frame unless the bytes are those that the manifest knows."""
        if sha256(self.picture).digest() != self.digests[:32]:
            raise self.place.refuse(self._different("picture", self.picture))
        if sha256(self.label).digest() != self.digests[32:]:
            raise self.place.refuse(self._different("label", self.label))

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


@dataclass(frozen=True, slots=True)
class StoredSamples:
    """Samples by position, in order of camera and time. Safe to hand to processes, spawned or forked.

    With `check` sha256 every picture and label is compared with its digest before anybody sees it.
    """

    storage: Storage
    folder: str
    index: Index
    check: Check = "sha256"

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, index: int) -> Sample:
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        return self.fetch([at])[0].decode()

    def where(self, position: int) -> tuple[str, str]:
        """The key of a frame, and the path of its shard in the store; without a look at it."""
        (record,) = self.index.take([position])
        key = key_of(self.index.cameras[record["camera"]], int(record["time"]))
        return key, f"{self.folder}/{self.index.shards[record['shard']]}"

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
        offsets, sizes, starts, lengths = (records[name].tolist() for name in ("offset", "size", "label_offset", "label_size"))
        numbers = list(zip(*(records[name].tolist() for name in ("time", "camera", "shard", "view")), strict=True))
        digests = np.concatenate([records["sha256"], records["label_sha256"]], axis=1).tobytes()
        checked = self.check == "sha256"
        for first, last in _runs(records):
            base, end = (
                min(offsets[first], starts[first]),
                max(starts[last - 1] + lengths[last - 1], offsets[last - 1] + sizes[last - 1]),
            )
            content = memoryview(self._range(numbers[first], base, end - base))
            short = len(content) < end - base
            for i in range(first, last):
                at, label = offsets[i] - base, starts[i] - base
                picture, words = content[at : at + sizes[i]], content[label : label + lengths[i]]
                encoded = Encoded(self.folder, self.index, numbers[i], digests[64 * i : 64 * i + 64], picture, words)
                if short and (len(picture) < sizes[i] or len(words) < lengths[i]):
                    raise encoded.place.refuse("its shard ends before it: it was cut off")
                if checked:
                    encoded.check()
                yield encoded

    def _range(self, numbers: tuple[int, int, int, int], start: int, size: int) -> bytes:
        if start < 0 or size <= 0:
            raise Encoded(self.folder, self.index, numbers, b"", b"", b"").place.refuse("the manifest gives it no place")
        return self.storage.read(f"{self.folder}/{self.index.shards[numbers[2]]}", start=start, size=size)


def _runs(records: Records) -> Iterator[tuple[int, int]]:
    """Parts of `records` that one range read gives: of one shard, in order, close together and not too long."""
    firsts = np.minimum(records["offset"], records["label_offset"])
    ends = np.maximum(records["label_offset"] + records["label_size"], records["offset"] + records["size"])
    gaps = firsts[1:] - ends[:-1]
    apart = (records["shard"][1:] != records["shard"][:-1]) | (gaps < 0) | (gaps > GAP)
    bounds = [0, *(np.flatnonzero(apart) + 1).tolist(), len(records)] if len(records) else []
    for start, stop in pairwise(bounds):
        first = start
        while first < stop:
            last = first + max(1, int(np.searchsorted(ends[first:stop], firsts[first] + REACH, side="right")))
            yield first, last
            first = last


def _boxes(label: dict[str, Any], place: Place) -> Floats32:
    """Native boxes in pixels of the stored picture, clipped to it; the label has those that a lens was undone for."""
    if "straight" in label:
        straight = np.array(label["straight"], np.float64).reshape(-1, 4)
        return np.clip(straight, 0, [place.width, place.height] * 2).astype(np.float32)
    boxes, (matrix, scale, shift) = np.array(label["boxes"], np.float64).reshape(-1, 4), _inverse(place.to_native)
    mapped = boxes * scale + shift if len(scale) else transform_boxes(matrix, boxes)
    return np.clip(mapped, 0, [place.width, place.height] * 2).astype(np.float32)


@lru_cache(maxsize=256)
def _inverse(to_native: tuple[float, ...]) -> tuple[Floats64, Floats64, Floats64]:
    """Native pixel -> pixel of the picture; where that is no more than a scale and a shift, also these for xyxy (4,)."""
    matrix = np.asarray(np.linalg.inv(np.array(to_native, np.float64).reshape(3, 3)), np.float64)
    (sx, skew, x), (shear, sy, y), last = matrix.tolist()
    if skew or shear or last != [0, 0, 1] or min(sx, sy) <= 0:
        return matrix, np.zeros(0), np.zeros(0)
    shift = [x + 0.5 * (1 - sx), y + 0.5 * (1 - sy)] * 2  # whole numbers are centres of pixels, edges of boxes lie between them
    return matrix, np.array([sx, sy] * 2), np.array(shift)
