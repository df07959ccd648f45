"""Raw footage becomes a dataset: each camera's part on its own, then all parts under one name."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal

import cv2
from annotated_types import Interval
from sqlalchemy.orm import Session

from components.contracts import KEPT, Frame, InputError, Labeller, Progress, Rejected, Sampler, Segment, SplitName, Step, Truth
from components.database.database import Database
from components.database.schema import DatasetRow
from components.datasets import manifest
from components.datasets.likeness import phash
from components.datasets.shards import ShardWriter
from components.pixels import picture_boxes
from components.preprocessing.chain import apply
from components.sources.recorded import Recorded
from components.storage import layout
from components.storage.storage import Storage


@dataclass(frozen=True, slots=True)
class Picture:
    """How pictures are encoded in a dataset; the schema of `picture`."""

    format: Literal["jpg", "png"] = "jpg"
    quality: Annotated[int, Interval(ge=1, le=100)] = 95  # of JPEG

    def encode(self, frame: Frame) -> bytes:
        options = [cv2.IMWRITE_JPEG_QUALITY, self.quality] if self.format == "jpg" else []
        return bytes(cv2.imencode(f".{self.format}", frame.image, options)[1])


@dataclass(frozen=True, slots=True)
class Splits:
    """Shares of the time that the footage covers: first train, then val, then test; the schema of `splits`.

    Splitting by time keeps a walk through the ward, seen by several cameras, in one split.
    """

    train: float
    val: float
    test: float

    def __post_init__(self) -> None:
        if abs(self.train + self.val + self.test - 1) > 1e-9 or min(self.train, self.val, self.test) < 0:
            raise InputError(f"splits are {self.train}, {self.val} and {self.test}; expected shares that add up to 1")

    def of(self, moment: int, start: int, end: int) -> SplitName:
        share = (moment - start) / max(1, end - start)
        return "train" if share < self.train else "val" if share < self.train + self.val else "test"


def prepare_part(
    segments: Sequence[Segment], *, key: str, sampling: Sampler, preprocessing: tuple[Step, ...], labels: Labeller,
    picture: Picture, splits: Splits, period: tuple[int, int], storage: Storage, progress: Progress = lambda _done, _total: None,
) -> dict[str, int]:  # fmt: skip
    """Write the part of one camera below parts/`key`: shards, and at last the rows of the manifest.

    `period` is the fleet time (ns) that the splits divide. Returns the number of kept and rejected frames.
    """
    rows: list[dict[str, Any]] = []
    total = sum(segment.frames for segment in segments)
    with tempfile.TemporaryDirectory(prefix="wardflow-") as folder:
        with closing(ShardWriter(Path(folder), segments[0].camera.id)) as shards:
            for segment, frame in _walk(segments, storage, sampling):
                result = apply(preprocessing, frame)
                truth = labels.label(segment, frame) if isinstance(result, Frame) else None
                if isinstance(result, Rejected):
                    rows.append(_row(frame, reason=result.reason, quality=result.quality))
                elif isinstance(truth, Rejected):
                    rows.append(_row(frame, reason=truth.reason, quality=result.quality))
                else:
                    row = _kept(result, truth, splits.of(frame.time, *period), picture, shards)
                    rows.append(row | {"label_set": labels.label_set if truth else ""})
                progress(frame.index + 1, total)
        for path in shards.finished():
            storage.put(path, f"{layout.part(key)}/{path.name}")
    storage.write(f"{layout.part(key)}/part.parquet", manifest.to_bytes(rows))
    kept = sum(row["reason"] == KEPT for row in rows)
    return {"kept": kept, "rejected": len(rows) - kept}


def _walk(segments: Sequence[Segment], storage: Storage, sampling: Sampler) -> Iterator[tuple[Segment, Frame]]:
    """What sampling keeps of one camera's footage in order of time, each frame with its segment and the camera as it then was."""
    first = 0
    for segment in sorted(segments, key=lambda segment: (segment.start, segment.sha256)):
        source = Recorded(segment.camera, segments=[segment], storage=storage)
        yield from ((segment, replace(frame, index=first + frame.index)) for frame in source.frames(sampling))
        first += segment.frames


def finished(key: str, *, storage: Storage) -> bool:
    """Whether the part `key` is whole in the store."""
    return storage.exists(f"{layout.part(key)}/part.parquet")


def committed(digest: str, *, storage: Storage) -> bool:
    """Whether the dataset `digest` is whole in the store."""
    return storage.exists(f"{layout.dataset(digest)}/manifest.parquet")


def commit(keys: Sequence[str], *, recipe: Mapping[str, Any], storage: Storage, database: Database) -> str:
    """Bring finished parts together under the digest of their manifest, which is written last; returns the digest.

    What is left of the parts is for `sweep`, once the caller has noted down the digest: until then this can be done again.
    """
    parts = {key: manifest.from_bytes(storage.read(f"{layout.part(key)}/part.parquet")).to_pylist() for key in keys}
    rows = [row for part in parts.values() for row in part]
    digest = manifest.digest(rows, recipe)
    folder = layout.dataset(digest)
    for key, part in parts.items():
        for shard in sorted({row["shard"] for row in part if row["shard"]}):
            if not storage.exists(f"{folder}/{shard}"):
                storage.move(f"{layout.part(key)}/{shard}", f"{folder}/{shard}")
    about = {"digest": digest, **recipe, "frames": _counts(rows)}
    storage.write(f"{folder}/dataset.json", json.dumps(about, indent=2, sort_keys=True).encode())
    storage.write(f"{folder}/manifest.parquet", manifest.to_bytes(rows))
    _register(digest, rows, recipe, database)
    return digest


def sweep(keys: Iterable[str], *, storage: Storage) -> None:
    """Remove what is left of parts whose dataset is committed."""
    for key in keys:
        for path in storage.list(layout.part(key)):
            storage.remove(path)


def _register(digest: str, rows: Sequence[Mapping[str, Any]], recipe: Mapping[str, Any], database: Database) -> None:
    kept = sum(row["reason"] == KEPT for row in rows)
    fields = {"path": layout.dataset(digest), "kept": kept, "rejected": len(rows) - kept, "chain_digest": recipe["chain_digest"]}

    def enter(session: Session) -> None:
        if not session.get(DatasetRow, digest):
            session.add(DatasetRow(digest=digest, **fields, created=time.time_ns()))

    database.apply(enter)


def _counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Frames by split, and by the reason why they were rejected."""
    names = sorted(row["split"] or row["reason"] for row in rows)
    return {name: len(list(group)) for name, group in groupby(names)}


def _kept(frame: Frame, truth: Truth | None, split: SplitName, picture: Picture, shards: ShardWriter) -> dict[str, Any]:
    row = _row(frame, reason=KEPT, quality=frame.quality)
    name = row["key"]
    files = {f"{name}.{picture.format}": picture.encode(frame), f"{name}.json": _label(frame, truth)}
    image, label = shards.add(files)
    digests = [sha256(content).hexdigest() for content in files.values()]
    return row | {
        "split": split, "labelled": truth is not None, "people": len(truth.people) if truth else 0,
        "phash": phash(frame.image), "sha256": digests[0], "label_sha256": digests[1], "shard": image.shard,
        "offset": image.offset, "size": image.size, "label_offset": label.offset, "label_size": label.size,
    }  # fmt: skip


def _row(frame: Frame, *, reason: str, quality: Mapping[str, float]) -> dict[str, Any]:
    height, width = frame.image.shape[:2]
    return {
        "key": f"{frame.camera.id}-{frame.time}", "camera": frame.camera.id, "camera_version": frame.camera.version,
        "time": frame.time, "clock_correction": 0, "segment": frame.segment, "segment_time": frame.segment_time,
        "index": frame.index, "reason": reason, "split": "", "labelled": False, "people": 0, "width": width, "height": height,
        "label_set": "", "quality": sorted((name, float(value)) for name, value in quality.items()), "phash": 0,
        "to_native": frame.to_native.ravel().tolist(),
        "sha256": "", "label_sha256": "", "shard": "", "offset": -1, "size": 0, "label_offset": -1, "label_size": 0,
    }  # fmt: skip


def _label(frame: Frame, truth: Truth | None) -> bytes:
    """The label file of a sample: boxes in native pixels, floor in metres."""
    content: dict[str, Any] = {"camera": frame.camera.id, "time": frame.time, "labelled": truth is not None}
    if truth:
        content |= {"boxes": _rounded(truth.boxes), "people": list(truth.people), "roles": list(truth.roles)}
        content |= {"floor": _rounded(truth.floor), "visibility": _rounded(truth.visibility)}
    if truth and frame.straight:  # what undoing the lens has made of them, which to_native alone does not say
        content["straight"] = _rounded(picture_boxes(frame, truth.boxes))
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()


def _rounded(array: Any) -> Any:
    return array.round(4).tolist()
