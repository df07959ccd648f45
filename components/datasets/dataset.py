"""A dataset in the store, open for reading: any frame by its byte range, however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import select

from components.contracts import KEPT, InputError, Sample, SplitName
from components.database.database import Database
from components.database.schema import DatasetRow
from components.datasets.index import COLUMNS, Index
from components.datasets.rows import Rows
from components.datasets.samples import Check, Encoded, StoredSamples
from components.storage import layout
from components.storage.storage import Storage

SPLITS: tuple[SplitName, ...] = ("train", "val", "test")


class StoredDataset:
    """The dataset `digest` in the store. Raises InputError where it is not there, or not whole.

    Opening reads dataset.json and the end of the manifest, and no more; `check` says what pictures are compared with.
    """

    def __init__(self, digest: str, *, storage: Storage, check: Check = "sha256") -> None:
        self._storage, self._folder, self._check = storage, layout.dataset(digest), check
        self.about = _about(storage.read(f"{self._folder}/dataset.json"), digest)
        self.rows = Rows(storage, f"{self._folder}/manifest.parquet")

    @property
    def digest(self) -> str:
        return str(self.about["digest"])

    @property
    def folder(self) -> str:
        """Where it stands in the store."""
        return self._folder

    @property
    def chain(self) -> list[Any]:
        return list(self.about["chain"])

    @property
    def chain_digest(self) -> str:
        return str(self.about["chain_digest"])

    @property
    def cameras(self) -> dict[str, str]:
        """The newest version of every camera that the frames are from."""
        versions: dict[str, str] = {}
        for batch in self.rows.batches(["camera", "camera_version"]):
            pairs = pa.table({"camera": batch["camera"], "version": batch["camera_version"]}).group_by(
                ["camera"], use_threads=False
            )
            versions.update(dict(zip(*pairs.aggregate([("version", "last")]).to_pydict().values(), strict=True)))
        return versions

    def split(self, name: SplitName) -> StoredSamples:
        """The labelled samples of one split, in order of camera and time."""
        return StoredSamples(self._storage, self._folder, Index(self._labelled(name)), self._check)

    def find(self, camera: str, time: int) -> dict[str, Any]:
        """The row of the manifest for the frame of `camera` at fleet time `time` (ns); InputError where there is none."""
        return self.rows.find(camera, time)

    def by_key(self, key: str) -> dict[str, Any]:
        """The row of the manifest for the frame `key`; InputError where there is none."""
        return self.rows.by_key(key)

    def frame(self, row: dict[str, Any]) -> Encoded:
        """The picture and label of a row of the manifest, by one range read. Raises InputError where it was not kept."""
        if row["reason"] != KEPT:
            raise InputError(f"frame {row['key']} is not in the dataset: {row['reason']}")
        batch = pa.RecordBatch.from_pylist([row], schema=self.rows.schema)
        return StoredSamples(self._storage, self._folder, Index([batch]), self._check).fetch([0])[0]

    def sample(self, row: dict[str, Any]) -> Sample:
        """The labelled picture of a row of the manifest."""
        if not row["labelled"]:
            raise InputError(f"frame {row['key']} has no label; give it one with python -m flows.label and prepare again")
        return self.frame(row).decode()

    def _labelled(self, name: SplitName) -> Iterator[pa.RecordBatch]:
        for batch in self.rows.batches([*COLUMNS, "reason", "labelled", "split"]):
            wanted = pc.and_(pc.equal(batch["reason"], KEPT), pc.equal(batch["split"], name))
            yield batch.filter(pc.and_(wanted, batch["labelled"]))


def _about(content: bytes, digest: str) -> dict[str, Any]:
    """What dataset.json says."""
    try:
        about = json.loads(content)
        if not isinstance(about, dict):
            raise ValueError(f"it holds {type(about).__name__}, expected keys")
    except ValueError as error:
        raise InputError(
            f"dataset {digest[:12]}: its dataset.json is damaged ({error}); prepare the dataset again with its raw footage"
        ) from error
    return about


def newest(database: Database) -> str:
    """The digest of the dataset that was made last. Raises InputError where there is none."""
    with database.session() as session:
        there = select(DatasetRow).where(DatasetRow.deleted.is_(None))
        row = session.scalars(there.order_by(DatasetRow.created.desc()).limit(1)).first()
        if row is None:
            raise InputError("there is no dataset yet; make one with python -m flows.prepare")
        return row.digest


def named(word: str, database: Database) -> str:
    """The digest that `word` stands for: `latest`, a digest, or the beginning of one (at least 6 digits)."""
    if word == "latest":
        return newest(database)
    with database.session() as session:
        found = [row for row in session.scalars(select(DatasetRow)) if len(word) >= 6 and row.digest.startswith(word)]
        if len(found) != 1:
            raise InputError(
                f"dataset={word}: {len(found)} datasets have that name; expected latest, or the digest that flows.prepare printed"
            )
        if gone := deleted(found[0]):
            raise InputError(f"dataset={word}: {gone}")
        return found[0].digest


def deleted(row: DatasetRow) -> str:
    """By which rule, and when, retention has deleted a dataset; empty where it has not."""
    if row.deleted is None:
        return ""
    return f"it was deleted under retention rule {row.deleted_by} on {datetime.fromtimestamp(row.deleted / 1e9, UTC):%Y-%m-%d}"
