"""Raw footage on its way from a camera into the store, with its rows in the database."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

from annotated_types import Interval

from components.contracts import Camera, Progress, Recorder, Recording, Segment, file_digest
from components.database.database import Database
from components.database.registry import Registry
from components.database.segments import Arrived, Segments
from components.storage import layout
from components.storage.storage import Storage
from components.storage.truth import write_truth

Seconds = Annotated[float, Interval(gt=0, le=86_400)]
ROWS = 20  # in one transaction: each costs a hundredth of what its footage does


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one camera brought."""

    segments: int
    new_segments: int
    frames: int
    bytes: int
    start: int  # fleet time, ns
    end: int

    def plus(self, recording: Recording, size: int) -> Ingested:
        """With one more piece, of which the database does not know yet."""
        start = recording.start if not self.segments else min(self.start, recording.start)
        end = max(self.end, recording.end)
        return Ingested(self.segments + 1, self.new_segments, self.frames + recording.frames, self.bytes + size, start, end)

    def plain(self) -> dict[str, int]:
        return asdict(self)


def ingest(
    source: Recorder, *, storage: Storage, database: Database, site: str, segment_seconds: Seconds = 10.0,
    progress: Progress = lambda _done, _total: None,
) -> Ingested:  # fmt: skip
    """Put the footage of `source` into the store, piece by piece; a piece counts only when its row is committed.

    Rows are committed `ROWS` at a time, and those of what is in the store also when the source fails. Running it again adds only
    what is missing.
    """
    sum_, promised, rows = Ingested(0, 0, 0, 0, 0, 0), source.promised, _Rows(Segments(database))
    with tempfile.TemporaryDirectory(prefix="wardflow-") as folder, rows:
        for recording in source.record(Path(folder), segment_seconds):
            if not sum_.segments or recording.start < sum_.start:
                Registry(database).add_camera(source.camera, site, recording.start)
            arrived = _sent(recording, source, storage)
            rows.add(arrived)
            sum_ = sum_.plus(recording, arrived.bytes)
            progress(sum_.frames, promised)
    return replace(sum_, new_segments=rows.new)


class _Rows:
    """Rows on their way into the database."""

    def __init__(self, segments: Segments) -> None:
        self._segments, self._waiting = segments, list[Arrived]()
        self.new = 0

    def add(self, arrived: Arrived) -> None:
        self._waiting.append(arrived)
        if len(self._waiting) == ROWS:
            self._commit()

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self._commit()

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        self.new += sum(self._segments.add_all(waiting))


def there(camera: Camera, *, storage: Storage, database: Database) -> bool:
    """Whether every segment of this version of the camera that the database knows is in the store."""
    files = set(storage.list(layout.raw_of(camera.id)))
    return all(segment.path in files for segment in Segments(database).of([camera.id], camera.version))


def _sent(recording: Recording, source: Recorder, storage: Storage) -> Arrived:
    """File first, row last: a row never points at a file that is not there."""
    sha256, size = file_digest(recording.path), recording.path.stat().st_size
    path = layout.raw(source.camera.id, recording.start, sha256, recording.path.suffix)
    if recording.truth:
        write_truth(storage, layout.truth(path), recording.truth)
    if storage.exists(path):
        recording.path.unlink()
    else:
        storage.put(recording.path, path)
    return Arrived(Segment(source.camera, sha256, recording.start, recording.end, recording.frames, path), recording.codec, size)
