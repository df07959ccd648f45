"""A dataset in the store, open for reading: any sample by its byte range."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from sqlalchemy import select

from components.contracts import KEPT, PERSON, InputError, Sample, SplitName
from components.database.database import Database
from components.database.schema import DatasetRow
from components.datasets import manifest
from components.geometry import transform_boxes
from components.storage import layout
from components.storage.storage import Storage


class StoredDataset:
    """The dataset `digest` in the store. Raises InputError where it is not there, or not whole."""

    def __init__(self, digest: str, *, storage: Storage) -> None:
        self._storage, self._folder = storage, layout.dataset(digest)
        self.about: dict[str, Any] = json.loads(storage.read(f"{self._folder}/dataset.json"))
        self.rows: list[dict[str, Any]] = manifest.from_bytes(storage.read(f"{self._folder}/manifest.parquet")).to_pylist()

    @property
    def digest(self) -> str:
        return str(self.about["digest"])

    @property
    def chain(self) -> list[Any]:
        return list(self.about["chain"])

    @property
    def chain_digest(self) -> str:
        return str(self.about["chain_digest"])

    @property
    def cameras(self) -> dict[str, str]:
        """The version of every camera that the frames are from."""
        return {row["camera"]: row["camera_version"] for row in self.rows}

    def split(self, name: SplitName) -> StoredSamples:
        """The labelled samples of one split, in order of camera and time."""
        rows = [row for row in self.rows if row["reason"] == KEPT and row["labelled"] and row["split"] == name]
        return StoredSamples(self._storage, self._folder, tuple(rows))


@dataclass(frozen=True, slots=True)
class StoredSamples:
    """Samples by position; each costs one range read."""

    storage: Storage
    folder: str
    rows: tuple[dict[str, Any], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Sample:
        row = self.rows[index]
        start, end = row["offset"], row["label_offset"] + row["label_size"]
        content = self.storage.read(f"{self.folder}/{row['shard']}", start=start, size=end - start)
        image = cv2.imdecode(np.frombuffer(content[: row["size"]], np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise InputError(f"dataset {self.folder}: {row['key']} is damaged; prepare it again with its raw footage")
        label = json.loads(content[row["label_offset"] - start :])
        boxes = _into_picture(np.array(label["boxes"], np.float64).reshape(-1, 4), row)
        visibility = np.array(label["visibility"], np.float32)
        labels = np.full(len(boxes), PERSON, np.int64)
        who = (tuple(label.get("people", ())), tuple(label.get("roles", ())))
        return Sample(np.asarray(image, np.uint8), boxes, labels, visibility, row["camera"], row["time"], *who)


def newest(database: Database) -> str:
    """The digest of the dataset that was made last. Raises InputError where there is none."""
    with database.session() as session:
        row = session.scalars(select(DatasetRow).order_by(DatasetRow.created.desc()).limit(1)).first()
        if row is None:
            raise InputError("there is no dataset yet; make one with python -m flows.prepare")
        return row.digest


def named(word: str, database: Database) -> str:
    """The digest that `word` stands for: `latest`, a digest, or the beginning of one (at least 6 digits)."""
    if word == "latest":
        return newest(database)
    with database.session() as session:
        digests = [row.digest for row in session.scalars(select(DatasetRow)) if len(word) >= 6 and row.digest.startswith(word)]
    if len(digests) != 1:
        raise InputError(
            f"dataset={word}: {len(digests)} datasets have that name; expected latest, or the digest that flows.prepare printed"
        )
    return digests[0]


def _into_picture(boxes: np.ndarray, row: dict[str, Any]) -> np.ndarray:
    """Native boxes in pixels of the stored picture, clipped to it."""
    to_picture = np.linalg.inv(np.array(row["to_native"]).reshape(3, 3))
    mapped = transform_boxes(to_picture, boxes)
    size = [row["width"], row["height"]] * 2
    return np.clip(mapped, 0, size).astype(np.float32)
