"""What lies in the store, as retention sees it: with the times of its footage and of the frames of its datasets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import select

from components.database.database import Database
from components.database.schema import SegmentRow
from components.retention.items import CERTIFICATES, HOUR, Item, Span, span_of
from components.storage import layout
from components.storage.storage import Storage

ROWS = 100_000  # of a manifest, in memory at once
DATASET = re.compile(r"datasets/(?P<digest>[0-9a-f]{64})/.+")


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says of a piece of footage that is in the store, or of the truth beside it."""

    sha256: str  # empty: not known
    bytes: int
    end: int


def items(storage: Storage, database: Database, *, prefix: str = "") -> Iterator[Item]:
    """Everything in the store below `prefix`, but for certificates. The times of datasets are those of their frames."""
    known = footage(database)
    datasets: dict[str, dict[str, int]] = {}
    for stored in storage.sizes(prefix):
        if match := DATASET.fullmatch(stored.path):
            datasets.setdefault(match["digest"], {})[stored.path] = stored.size
        elif not stored.path.startswith(f"{CERTIFICATES}/"):
            yield _file(stored.path, stored.size, known)
    for digest, files in datasets.items():
        yield _dataset(digest, files, storage)


def footage(database: Database) -> dict[str, Known]:
    """What is known of raw footage, by path; what is known about the people in it ends when it ends."""
    columns = (SegmentRow.path, SegmentRow.sha256, SegmentRow.bytes, SegmentRow.end)
    known: dict[str, Known] = {}
    with database.session() as session:
        for path, sha256, size, end in session.execute(select(*columns).where(SegmentRow.deleted.is_(None))):
            known[path] = Known(sha256, size, end)
            known[layout.truth(path)] = Known("", 0, end)
    return known


def _file(path: str, size: int, known: Mapping[str, Known]) -> Item:
    found = known.get(path)
    span = span_of(path, lambda start: found.end if found else start // HOUR * HOUR + HOUR)
    return Item(path, (path,), (span,) if span else (), size, found.sha256 if found and found.bytes == size else "")


def _dataset(digest: str, files: Mapping[str, int], storage: Storage) -> Item:
    """The manifest, whose presence says that the dataset is whole, goes first."""
    folder = layout.dataset(digest)
    manifest = f"{folder}/manifest.parquet"
    ordered = sorted(files, key=lambda path: (path != manifest, path))
    spans = _spans(storage, manifest) if manifest in files else ()
    return Item(folder, tuple(ordered), spans, sum(files.values()))


def _spans(storage: Storage, manifest: str) -> tuple[Span, ...]:
    """From the first to the last frame of each camera."""
    with pq.ParquetFile(storage.fetch(manifest)) as file:
        batches = file.iter_batches(ROWS, columns=["camera", "time"])
        extents = [_extents(pa.Table.from_batches([batch])) for batch in batches]
    if not extents:
        return ()
    whole = pa.concat_tables(extents).group_by("camera").aggregate([("time_min", "min"), ("time_max", "max")])
    rows = zip(*(whole[name].to_pylist() for name in ("camera", "time_min_min", "time_max_max")), strict=True)
    return tuple(sorted((Span(camera, first, last + 1) for camera, first, last in rows), key=lambda span: span.camera))


def _extents(table: pa.Table) -> pa.Table:
    table = table.set_column(0, "camera", pc.cast(table["camera"], pa.string()))
    return table.group_by("camera").aggregate([("time", "min"), ("time", "max")])
