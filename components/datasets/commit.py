"""Finished parts of all cameras become one dataset: its splits, its shards, its manifest, its name."""

from __future__ import annotations

import json
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from components.contracts import KEPT, Ints
from components.database.database import Database
from components.database.schema import DatasetRow
from components.datasets import manifest
from components.datasets.contact_sheet import PACKED, ContactSheet, sheet_path
from components.datasets.leaks import NAMES, OUT, REASONS, Codes, Seen, apart, refuse
from components.datasets.shards import numbered, padded
from components.datasets.splits import Splitter, Whole
from components.storage import layout
from components.storage.storage import Storage

ROWS = "part.parquet"  # of a part: written last
# Only splits ask who was where; the label files say it to everybody else.
PART = manifest.SCHEMA.append(pa.field("names", pa.list_(pa.string()))).append(
    pa.field("boxes", pa.list_(pa.list_(pa.float32(), 4)))
)
UNKEPT: dict[str, Any] = {
    "labelled": False, "people": 0, "label_set": "", "phash": 0, "sha256": "", "label_sha256": "", "shard": "", "offset": -1,
    "size": 0, "label_offset": -1, "label_size": 0,
}  # fmt: skip
PLACES = ("offset", "size", "label_offset", "label_size")


@dataclass(frozen=True, slots=True)
class Move:
    """How a shard of a part becomes one of the dataset: as it is, or some of its samples."""

    source: str
    target: str
    samples: Ints | None = None  # (n, 4) PLACES of those that go along; None: all


@dataclass(slots=True)
class Counts:
    """Frames by split, and by the reason why they are not in; of all, and of each camera."""

    frames: Counter[str] = field(default_factory=Counter)
    cameras: dict[str, Counter[str]] = field(default_factory=dict)

    def see(self, table: pa.Table) -> None:
        names = pc.if_else(pc.equal(table["split"], ""), table["reason"], table["split"])
        for entry in pa.table({"camera": table["camera"], "name": names}).group_by(["camera", "name"]).aggregate(
            [([], "count_all")]
        ).to_pylist():  # fmt: skip
            self.frames[entry["name"]] += entry["count_all"]
            self.cameras.setdefault(entry["camera"], Counter())[entry["name"]] += entry["count_all"]

    @property
    def kept(self) -> int:
        return sum(self.frames[name] for name in NAMES)


@dataclass(frozen=True, slots=True)
class Made:
    """A dataset that is whole in the store."""

    digest: str
    counts: Counts


def finished(key: str, *, storage: Storage) -> bool:
    """Whether the part `key` is whole in the store."""
    return storage.exists(f"{layout.part(key)}/{ROWS}")


def committed(digest: str, *, storage: Storage) -> bool:
    """Whether the dataset `digest` is whole in the store."""
    return storage.exists(f"{layout.dataset(digest)}/manifest.parquet")


def commit(
    parts: Mapping[str, Sequence[str]], *, recipe: Mapping[str, Any], splits: Splitter, period: tuple[int, int],
    storage: Storage, database: Database,
) -> Made:  # fmt: skip
    """Bring finished parts (of each camera, in order of time) together under the digest of their manifest.

    The manifest is written last. What is left of the parts is for `sweep`, once the caller has noted down the digest: until
    then this can be done again. Raises InputError where a track, or nearly the same pictures, would stand in two splits.
    """
    whole = Whole(period, _views(parts, storage))
    codes = {camera: _decided(camera, keys, splits, whole, storage) for camera, keys in sorted(parts.items())}
    digest = manifest.digest(_batches(parts, codes, storage), recipe)
    folder, counts = layout.dataset(digest), Counts()
    with tempfile.TemporaryDirectory(prefix="wardflow-") as scratch:
        with manifest.Writer(Path(scratch, "manifest.parquet")) as writer:
            for table, moves in _finals(parts, codes, storage):
                for move in moves:
                    _carry_out(move, folder, Path(scratch), storage)
                writer.write(table)
                counts.see(table)
        _write_sheets(parts, folder, storage)
        about = {"digest": digest, **recipe, "frames": dict(sorted(counts.frames.items()))}
        storage.write(f"{folder}/dataset.json", json.dumps(about, indent=2, sort_keys=True).encode())
        storage.put(writer.path, f"{folder}/manifest.parquet")
    _register(digest, counts, recipe, database)
    return Made(digest, counts)


def sweep(keys: Iterable[str], *, storage: Storage) -> None:
    """Remove what is left of parts whose dataset is committed."""
    for key in keys:
        for path in storage.list(layout.part(key)):
            storage.remove(path)


def _write_sheets(parts: Mapping[str, Sequence[str]], folder: str, storage: Storage) -> None:
    """The contact sheet of each camera, for people; the digest knows nothing of it."""
    for camera, keys in sorted(parts.items()):
        sheet = ContactSheet(camera)
        for path in (f"{layout.part(key)}/{PACKED}" for key in keys):
            if storage.exists(path):  # parts that an older version has left have none
                sheet.unpack(storage.read(path))
        storage.write(f"{folder}/{sheet_path(camera)}", sheet.jpeg())


def _register(digest: str, counts: Counts, recipe: Mapping[str, Any], database: Database) -> None:
    rejected = sum(counts.frames.values()) - counts.kept
    fields = {"path": layout.dataset(digest), "kept": counts.kept, "rejected": rejected, "chain_digest": recipe["chain_digest"]}

    def enter(session: Session) -> None:
        if row := session.get(DatasetRow, digest):
            row.deleted, row.deleted_by = None, ""  # retention took it, and here it is again
        else:
            session.add(DatasetRow(digest=digest, **fields, created=time.time_ns()))

    database.apply(enter)


def _views(parts: Mapping[str, Sequence[str]], storage: Storage) -> dict[tuple[str, str], int]:
    """Kept frames of each camera and version, in order of their names."""
    found: Counter[tuple[str, str]] = Counter()
    for camera, keys in parts.items():
        for key in keys:
            table = _read(key, storage, ["camera_version", "reason"]).filter(pc.equal(pc.field("reason"), KEPT))
            found.update((camera, version) for version in table["camera_version"].to_pylist())
    return dict(sorted(found.items()))


def _decided(camera: str, keys: Sequence[str], splits: Splitter, whole: Whole, storage: Storage) -> Codes:
    """(n,) for each row of a camera: its split, or why it is left out; OUT for what is not kept anyway."""
    columns = ["camera_version", "time", "reason", "labelled", "phash", "names", "boxes"]
    nobody = pa.schema([PART.field(name) for name in columns]).empty_table()
    table = pa.concat_tables([nobody, *_in_order(_read(key, storage, columns) for key in keys)], promote_options="default")
    times, versions = table["time"].to_numpy(), np.array(table["camera_version"].to_pylist(), object)
    kept = pc.equal(table["reason"], KEPT).to_numpy(zero_copy_only=False)
    codes = np.full(len(times), OUT, np.int8)
    for version in np.unique(versions[kept]).tolist():
        mine = kept & (versions == version)
        codes[mine] = splits.of(camera, version, times[mine], whole)
    labelled = np.flatnonzero(kept & table["labelled"].to_numpy(zero_copy_only=False))
    seen = _seen(camera, table.take(labelled))
    codes[labelled] = apart(seen, codes[labelled], splits.leaks)
    refuse(seen, codes[labelled], splits.leaks)
    return codes


def _seen(camera: str, table: pa.Table) -> Seen:
    boxes = [np.array(rows, np.float32).reshape(-1, 4) for rows in table["boxes"].to_pylist()]
    return Seen(camera, table["time"].to_numpy(), table["phash"].to_numpy(), table["names"].to_pylist(), boxes)


def _batches(parts: Mapping[str, Sequence[str]], codes: Mapping[str, Codes], storage: Storage) -> Iterator[pa.RecordBatch]:
    for table, _ in _finals(parts, codes, storage):
        yield from table.to_batches()


def _finals(
    parts: Mapping[str, Sequence[str]], codes: Mapping[str, Codes], storage: Storage
) -> Iterator[tuple[pa.Table, list[Move]]]:
    """The rows of the dataset, a piece of one camera at a time, and what has to be done to the shards of these rows."""
    for camera, keys in sorted(parts.items()):
        homes = {key[:16]: key for key in keys}
        first, number = 0, 0
        for table in _in_order(_read(key, storage, manifest.SCHEMA.names) for key in keys):
            mine = codes[camera][first : first + table.num_rows]
            moves, placed = _placed(_sorted_out(table, mine), table, camera, number, homes)
            yield placed, moves
            first, number = first + table.num_rows, number + len(moves)


def _sorted_out(table: pa.Table, codes: Codes) -> pa.Table:
    """Rows with their splits; those that are left out as if they had never been kept, but for the reason."""
    left_out = pa.array(codes < OUT)
    for name, value in UNKEPT.items():
        kind = table.schema.field(name).type
        table = _with(table, name, pc.if_else(left_out, pa.scalar(value, kind), table[name]))
    words = {OUT: "", **dict.fromkeys(REASONS, ""), **dict(enumerate(NAMES))}
    table = _with(table, "split", pa.array([words[code] for code in codes.tolist()], pa.string()))
    reasons = pa.array([REASONS.get(code) for code in codes.tolist()], pa.string())
    return _with(table, "reason", pc.coalesce(reasons, table["reason"]))


def _placed(table: pa.Table, before: pa.Table, camera: str, number: int, homes: Mapping[str, str]) -> tuple[list[Move], pa.Table]:
    """What becomes of the shards that these rows are in, numbered on from `number`; the rows, with their new places."""
    shards, old = (np.array(one["shard"].to_pylist(), object) for one in (table, before))
    places = np.stack([table[name].to_numpy() for name in PLACES], axis=1)
    moves: list[Move] = []
    for shard in dict.fromkeys(shards[shards != ""].tolist()):
        source = f"{layout.part(homes[shard.rsplit('-', 1)[0]])}/{shard}"
        rows = np.flatnonzero(shards == shard)
        target = numbered(camera, number + len(moves))
        if len(rows) == np.count_nonzero(old == shard):
            moves.append(Move(source, target))
        else:
            rows = rows[np.argsort(places[rows, 0], kind="stable")]
            moves.append(Move(source, target, places[rows].copy()))
            places[rows] = _packed(places[rows])
        shards[rows] = target
    for i, name in enumerate(PLACES):
        table = _with(table, name, pa.array(places[:, i], pa.int64()))
    return moves, _with(table, "shard", pa.array(shards.tolist(), pa.string()))


def _packed(places: Ints) -> Ints:
    """The PLACES of samples that stand one behind the other, picture and label in turn."""
    sizes = places[:, [1, 3]].ravel()
    lengths = tarfile.BLOCKSIZE + -(-sizes // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    offsets = (np.cumsum(lengths) - lengths + tarfile.BLOCKSIZE).reshape(-1, 2)
    return np.stack([offsets[:, 0], places[:, 1], offsets[:, 1], places[:, 3]], axis=1)


def _carry_out(move: Move, folder: str, scratch: Path, storage: Storage) -> None:
    target = f"{folder}/{move.target}"
    if storage.exists(target):
        return
    if move.samples is None:
        storage.move(move.source, target)
        return
    file = scratch / move.target
    with storage.fetch(move.source).open("rb") as source, file.open("wb") as packed:
        for offset, size in move.samples.reshape(-1, 2).tolist():
            source.seek(offset - tarfile.BLOCKSIZE)
            packed.write(source.read(tarfile.BLOCKSIZE + padded(size)))
        packed.write(b"\0" * (2 * tarfile.BLOCKSIZE))
        packed.write(b"\0" * (-packed.tell() % tarfile.RECORDSIZE))
    storage.put(file, target)


def _read(key: str, storage: Storage, columns: Sequence[str]) -> pa.Table:
    return pq.read_table(storage.fetch(f"{layout.part(key)}/{ROWS}"), columns=list(columns), partitioning=None)


def _in_order(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in order of time; where one piece begins before the last one ended, both are one."""
    held: pa.Table | None = None
    for table in tables:
        if not table.num_rows:
            continue
        if held is not None and table["time"][0].as_py() <= held["time"][-1].as_py():
            held = pa.concat_tables([held, table]).sort_by("time")
            continue
        if held is not None:
            yield held
        held = table
    if held is not None:
        yield held


def _with(table: pa.Table, name: str, column: Any) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
