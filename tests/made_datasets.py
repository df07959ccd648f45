"""Small datasets, made without footage: what a test says is in them, is in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from components.contracts import KEPT
from components.datasets import manifest
from components.datasets.shards import ShardWriter

START = 1_772_445_600_000_000_000  # 2026-03-02 10:00 UTC
SECOND = 1_000_000_000
RECIPE = {"chain": [{"_target_": "components.preprocessing.gray.Gray"}], "chain_digest": "c" * 64, "sampling": {"fps": 5}}


def png(seed: int, *, width: int = 32, height: int = 24) -> bytes:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return bytes(cv2.imencode(".png", image)[1])


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame that is to be in a dataset."""

    camera: str
    time: int
    picture: bytes = b""
    reason: str = KEPT
    split: str = "train"
    labelled: bool = True
    boxes: Sequence[Sequence[float]] = ((4.0, 2.0, 20.0, 18.0),)
    people: Sequence[str] = ("ann",)
    suffix: str = "png"
    size: tuple[int, int] = (32, 24)
    version: str = "1" * 64
    more: dict[str, Any] = field(default_factory=dict)  # columns of the manifest

    @property
    def key(self) -> str:
        return f"{self.camera}-{self.time}"

    def label(self) -> bytes:
        content: dict[str, Any] = {"camera": self.camera, "time": self.time, "labelled": self.labelled}
        if self.labelled:
            n = len(self.boxes)
            content |= {"boxes": self.boxes, "people": self.people, "roles": ["nurse"] * n, "visibility": [0.5] * n}
        return json.dumps(content).encode()


def shots(count: int = 10, cameras: Sequence[str] = ("a", "b")) -> list[Shot]:
    """`count` frames of each camera, a second apart: 6 in 10 train, then 2 val, then 2 test."""
    made = []
    for camera in cameras:
        for i in range(count):
            split = "train" if i < 0.6 * count else "val" if i < 0.8 * count else "test"
            made.append(Shot(camera, START + i * SECOND, png(1000 * ord(camera[0]) + i), split=split))
    return made


def seeded(frames: Sequence[Shot], salt: int) -> list[Shot]:
    """The same frames with other pictures."""
    return [replace(frame, picture=png(salt + i)) for i, frame in enumerate(frames)]


def make(store: Path, frames: Sequence[Shot], *, recipe: dict[str, Any] = RECIPE, limit: int = 10**9) -> str:
    """Write the dataset into the folder of a store; its digest."""
    work = store / "work"
    work.mkdir(parents=True)
    writers: dict[str, ShardWriter] = {}
    rows = []
    for frame in sorted(frames, key=lambda frame: (frame.camera, frame.time)):
        writer = writers.setdefault(frame.camera, ShardWriter(work, frame.camera, limit=limit))
        rows.append(_row(frame, writer))
    for writer in writers.values():
        writer.close()
    table = pa.Table.from_pylist(rows, schema=manifest.SCHEMA)
    digest = manifest.digest(table.to_batches(), recipe)
    with manifest.Writer(work / "manifest.parquet") as file:
        file.write(table)
    names = [row["split"] or row["reason"] for row in rows]
    about = {"digest": digest, **recipe, "frames": {name: names.count(name) for name in sorted(set(names))}}
    (work / "dataset.json").write_text(json.dumps(about))
    (store / "datasets").mkdir(exist_ok=True)
    work.rename(store / "datasets" / digest)
    return digest


def _row(frame: Shot, writer: ShardWriter) -> dict[str, Any]:
    row: dict[str, Any] = {
        "key": frame.key, "camera": frame.camera, "camera_version": frame.version, "time": frame.time, "clock_correction": 0,
        "segment": "5" * 64, "segment_time": frame.time - START, "index": 0, "reason": frame.reason, "split": "",
        "labelled": False, "people": 0, "label_set": "", "width": frame.size[0], "height": frame.size[1], "phash": 0,
        "quality": [("sharpness", 0.5)], "to_native": [2.0, 0, 0.5, 0, 2, 0.5, 0, 0, 1], "sha256": "", "label_sha256": "",
        "shard": "", "offset": -1, "size": 0, "label_offset": -1, "label_size": 0,
    }  # fmt: skip
    if frame.reason == KEPT:
        label = frame.label()
        image, words = writer.add({f"{frame.key}.{frame.suffix}": frame.picture, f"{frame.key}.json": label})
        row |= {
            "split": frame.split, "labelled": frame.labelled, "people": len(frame.boxes) if frame.labelled else 0,
            "sha256": sha256(frame.picture).hexdigest(), "label_sha256": sha256(label).hexdigest(), "shard": image.shard,
            "offset": image.offset, "size": image.size, "label_offset": words.offset, "label_size": words.size,
        }  # fmt: skip
    return row | frame.more
