"""A store with a little of everything, and the rows that belong to it; work that is killed before or after any of its writes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts import Camera, Segment
from components.database.database import Database
from components.database.registry import Registry
from components.database.schema import DatasetRow
from components.database.segments import Segments
from components.retention.items import DAY, HOUR, SECOND
from components.retention.removal import Remover
from components.storage import layout
from components.storage.storage import Storage

TEN = 1_772_445_600 * SECOND  # 2026-03-02 10:00 UTC
LATER = TEN + 40 * DAY
IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
RUN = "0123456789ab"
DATASET = "d" * 64


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(str(tmp_path / "store"))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/ward.db")
    yield database
    database.close()


def record(storage: Storage, database: Database, camera: str, start: int, *, seconds: int = 10) -> str:
    """A piece of footage, with the truth beside it; its path."""
    content = f"footage of {camera} at {start}".encode()
    one = Camera(camera, "Corridor", IDENTITY)
    Registry(database).add_camera(one, "north", TEN)
    digest = sha256(content).hexdigest()
    path = layout.raw(camera, start, digest, ".mkv")
    storage.write(path, content)
    storage.write(layout.truth(path), b"who is in it")
    Segments(database).add(Segment(one, digest, start, start + seconds * SECOND, 250, path), "h264", len(content))
    return path


def make_dataset(storage: Storage, database: Database, times: dict[str, list[int]], digest: str = DATASET) -> str:
    """A dataset with frames of these cameras and times; its folder."""
    rows = [{"camera": camera, "time": time} for camera, each in times.items() for time in each]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema({"camera": pa.string(), "time": pa.int64()})), sink)
    folder = layout.dataset(digest)
    for name, content in (("bay-00000.tar", b"pictures"), ("dataset.json", b"{}"), ("manifest.parquet", sink.getvalue())):
        storage.write(f"{folder}/{name}", content)
    with database.session() as session:
        session.add(DatasetRow(digest=digest, path=folder, kept=2, rejected=0, chain_digest="c", created=TEN))
    return folder


@pytest.fixture
def filled(storage: Storage, database: Database) -> Storage:
    """Footage of two cameras in two hours, what was seen, a dataset, figures, and things of no known time."""
    for camera in ("bay_a", "desk"):
        for start in (TEN, TEN + HOUR):
            record(storage, database, camera, start)
        storage.write(layout.sightings(camera, TEN, RUN), b"sightings")
    storage.write(layout.positions(TEN, RUN), b"positions")
    storage.write("lake/fact_presence/date=2026-03-02/fact_presence.parquet", b"figures")
    storage.write("lake/dim_camera/dim_camera.parquet", b"cameras")
    storage.write("parts/half/bay-00000.tar", b"pictures")
    make_dataset(storage, database, {"bay_a": [TEN, TEN + SECOND]})
    return storage


class KilledError(BaseException):
    """Ends work in the middle, past every `except Exception`, as SIGKILL would."""


Killing = Callable[..., Iterator[int]]


@pytest.fixture
def killed_everywhere() -> Killing:
    """Yields once for every write to store or database that `work` makes: killed just after it, or just before the next one, in
    turns (or for `every` so many of them), and run again to its end. `fresh` makes the place where `work` begins anew."""

    def run(work: Callable[[], object], fresh: Callable[[], object], every: int = 1) -> Iterator[int]:
        for writes in range(0, 1000, every):
            fresh()
            with pytest.MonkeyPatch.context() as patch:
                _kill(writes, "before" if writes // every % 2 else "after", patch)
                try:
                    work()
                except KilledError:
                    pass
                else:
                    return
            work()
            yield writes

    return run


def _kill(writes: int, when: str, patch: pytest.MonkeyPatch) -> None:
    left = [writes]

    def counted(original: Callable[..., object]) -> Callable[..., object]:
        def write(*args: object, **named: object) -> object:
            left[0] -= 1
            if left[0] < 0 and when == "before":
                raise KilledError
            result = original(*args, **named)
            if left[0] < 0:
                raise KilledError
            return result

        return write

    for owner, names in {Storage: ("put", "write"), Database: ("apply",), Remover: ("remove", "remove_old")}.items():
        for name in names:
            patch.setattr(owner, name, counted(getattr(owner, name)))
