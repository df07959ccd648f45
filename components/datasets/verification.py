"""Whether a dataset in the store is what its name says: every byte of it."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from typing import Any

import pyarrow as pa

from components.contracts import InputError, Progress
from components.datasets import manifest
from components.datasets.catalogue import questions, reader, reasons_of
from components.datasets.dataset import StoredDataset
from components.datasets.picture import PictureError, read_head, whole
from components.storage.storage import Storage

BLOCK = tarfile.BLOCKSIZE
REACH = 8 * 2**20  # bytes of a shard that are read at once
COLUMNS = ("key", "reason", "shard", "offset", "size", "label_offset", "label_size", "sha256", "label_sha256", "width", "height")
FIRST = 20  # broken things that are named; the others are counted

Row = dict[str, Any]


@dataclass(slots=True)
class Report:
    """What was looked at, and what is wrong with it."""

    frames: int = 0  # kept
    shards: int = 0
    bytes: int = 0  # of pictures and labels
    broken: int = 0
    first: dict[str, str] = field(default_factory=dict)  # frame or file -> what is wrong with it

    def note(self, name: str, why: str) -> None:
        if name in self.first:
            return
        self.broken += 1
        if len(self.first) < FIRST:
            self.first[name] = why


def verify(dataset: StoredDataset, storage: Storage, *, progress: Progress = lambda _done, _total: None) -> Report:
    """Compare every picture and label with its sha256, every shard with the manifest, and the manifest with the name."""
    report = Report()
    _verify_name(dataset, report)
    for shard, rows in groupby(_rows(dataset), lambda row: str(row["shard"])):
        report.shards += 1
        try:
            _verify_shard(storage, f"{dataset.folder}/{shard}", rows, report)
        except InputError as error:  # groupby goes on with the next shard
            report.note(shard, str(error))
        progress(report.frames, len(dataset.rows))
    return report


def _verify_name(dataset: StoredDataset, report: Report) -> None:
    if dataset.digest != dataset.folder.rsplit("/", 1)[-1]:
        report.note("dataset.json", f"it says that this is dataset {dataset.digest}")
    recipe = {name: value for name, value in dataset.about.items() if name not in ("digest", "frames")}
    try:
        if (found := manifest.digest(dataset.rows.batches(manifest.IDENTITY), recipe)) != dataset.digest:
            report.note("manifest.parquet", f"with dataset.json it makes the digest {found}: one of them was changed")
    except InputError as error:
        report.note("manifest.parquet", str(error))
    kept = sum(count for name, count in dataset.about.get("frames", {}).items() if name in ("train", "val", "test"))
    if dataset.about.get("frames") and kept != (there := reasons_of(dataset.rows).get("kept", 0)):
        report.note("dataset.json", f"it says that {kept} frames were kept, the manifest has {there}")


def _rows(dataset: StoredDataset) -> Iterator[Row]:
    """What was kept, in the order in which it stands in the shards."""
    with questions() as connection:
        connection.register("frames", reader(dataset.rows, COLUMNS))
        sorted_rows = connection.sql("SELECT * FROM frames WHERE reason = 'kept' ORDER BY shard, \"offset\"")
        batches: pa.RecordBatchReader = sorted_rows.to_arrow_reader(8192)
        for batch in batches:
            yield from batch.to_pylist()


class Window:
    """A shard from its beginning to its end, read in large pieces."""

    def __init__(self, storage: Storage, path: str) -> None:
        self._storage, self._path, self.size = storage, path, storage.size(path)
        self._start, self._content = 0, b""

    def read(self, start: int, size: int) -> bytes:
        """The bytes that are there of those asked for."""
        if start < self._start or start + size > self._start + len(self._content):
            wanted = max(0, min(max(size, REACH), self.size - start)) if start >= 0 else 0
            self._start, self._content = start, self._storage.read(self._path, start=start, size=wanted) if wanted else b""
        at = start - self._start
        return self._content[at : at + size]


def _verify_shard(storage: Storage, path: str, rows: Iterator[Row], report: Report) -> None:
    """Files stand one after the other as the manifest says, and nothing else does."""
    window, end = Window(storage, path), 0
    for row in rows:
        report.frames += 1
        parts = [
            (row["offset"], row["size"], row["sha256"], ""),
            (row["label_offset"], row["label_size"], row["label_sha256"], "json"),
        ]
        for offset, size, digest, suffix in sorted(parts):
            report.bytes += size
            if why := _problem(window, row, offset, size, digest, suffix) or _gap(end, offset - BLOCK):
                report.note(row["key"], why)
            end = offset + -(-size // BLOCK) * BLOCK
    rest = window.read(end, window.size - end) if window.size - end < REACH else b"?"
    if len(rest) < 2 * BLOCK or rest.strip(b"\0"):
        report.note(path.rsplit("/", 1)[-1], "after its last frame there is something else than the end of a tar archive")


def _problem(window: Window, row: Row, offset: int, size: int, digest: str, suffix: str) -> str:
    """What is wrong with one file of a frame; empty: nothing."""
    name = "label" if suffix else "picture"
    if offset < BLOCK or offset + size > window.size:
        return f"its {name} should end at byte {offset + size} of {row['shard']}, which has {window.size}"
    whole_file = window.read(offset - BLOCK, BLOCK + size + -size % BLOCK)
    header, content, padding = whole_file[:BLOCK], whole_file[BLOCK : BLOCK + size], whole_file[BLOCK + size :]
    if sha256(content).hexdigest() != digest:
        return f"its {name} has another sha256 than the manifest says" if size else f"its {name} has no bytes"
    try:
        member = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        return f"the tar header of its {name} is damaged: {error}"
    stem, _, ending = member.name.rpartition(".")
    if stem != row["key"] or member.size != size or (suffix and ending != suffix):
        return f"the tar header of its {name} says {member.name} with {member.size} bytes; the manifest says {size}"
    if padding.strip(b"\0"):
        return f"behind its {name} there is something"
    return "" if suffix else _head(content, row, ending)


def _head(content: bytes, row: Row, ending: str) -> str:
    try:
        head = read_head(content)
    except PictureError as error:
        return str(error)
    if head.format != ending:
        return f"it is called {ending}, and is {head.format}"
    if head.bits != 8 or (head.width, head.height) != (row["width"], row["height"]):
        return f"it is {head.width}x{head.height} of {head.bits} bits; the manifest says {row['width']}x{row['height']} of 8"
    return "" if whole(content, head) else "it was cut off"


def _gap(end: int, start: int) -> str:
    """What stands between two files: padding, and nothing else."""
    return "" if start == end else f"bytes {end} to {start} of its shard belong to no frame"
