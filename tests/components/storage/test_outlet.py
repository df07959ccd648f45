"""Store and database that are away, behind the back of a walk that must not wait."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event, select

from components.contracts import Camera, Frame, InputError, Sighting
from components.database.database import Database
from components.database.schema import LatestSighting
from components.storage import outlet as module
from components.storage.outlet import AtOnce, Behind
from components.storage.sightings import SightingStore, read_frames, read_sightings
from components.storage.spool import Spool
from components.storage.storage import Storage

START = 1_772_452_800_000_000_000
SECOND = 1_000_000_000
EYE = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(str(tmp_path / "store"))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/ward.db")
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=100"))
    database.engine.dispose()
    yield database
    database.close()


def _store(storage: Storage, database: Database, tmp_path: Path, **words) -> tuple[SightingStore, Behind]:
    behind = Behind(Spool(storage, folder=tmp_path / "spool", owner="me", megabytes=10), database)
    words = {"every": 0.0, "seconds": 2, "cameras": ["cam"], **words}
    return SightingStore(storage=storage, database=database, run="r1", outlet=behind, **words), behind


def _see(store: SightingStore, *seconds: float, camera: str = "cam") -> None:
    for second in seconds:
        time_ = START + round(second * SECOND)
        frame = Frame(Camera(camera, "", EYE), time_, round(second * 5), "5" * 64, 0, np.zeros((4, 4, 3), np.uint8), np.eye(3))
        track = Sighting(
            camera, frame.camera.version, 1, time_, frame.index, frame.segment, 0, "unknown", 0.0, "unknown", 1.0, 2.0, 0.1,
            "unknown", (0.0, 0.0, 1.0, 1.0), 0.5,
        )  # fmt: skip
        store.write(frame, [track])


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def _newest(database: Database) -> list[int]:
    with database.session() as session:
        return [row.time - START for row in session.scalars(select(LatestSighting))]


def test_nobody_waits_for_a_store_and_a_database_that_are_away_and_nothing_is_lost(
    storage: Storage, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "AGAIN", 0.1)
    monkeypatch.setattr(module, "LEAVING", 60.0)
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1500"))
    store, behind = _store(storage, database, tmp_path)
    (tmp_path / "store").write_text("no folder")
    lock = sqlite3.connect(tmp_path / "ward.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    longest = 0.0
    for number in range(40):
        began = time.monotonic()
        _see(store, number / 5)
        longest = max(longest, time.monotonic() - began)
        time.sleep(0.02)
    assert longest < 1.0, "who waits for the database waits 1.5 s"
    _until(lambda: behind.problem)
    lock.execute("ROLLBACK")
    lock.close()
    (tmp_path / "store").unlink()
    store.close()
    assert (behind.waiting, behind.lost) == (0, 0)
    assert read_frames(storage, "r1").column("frame").to_pylist() == list(range(40))
    assert read_sightings(storage, "r1").num_rows == store.written == 40
    assert _newest(database) == [round(7.8 * SECOND)]
    assert caplog.text.count("current sightings wait") == 1 and "the database is back" in caplog.text


def test_history_is_there_soon_also_of_a_camera_that_fell_silent(storage: Storage, database: Database, tmp_path: Path) -> None:
    store, _ = _store(storage, database, tmp_path, cameras=["cam", "silent"], seconds=1)
    _see(store, 0.0, camera="silent")
    began = time.monotonic()
    while set(read_frames(storage, "r1").column("camera").to_pylist()) != {"cam", "silent"}:
        _see(store, time.monotonic() - began)
        time.sleep(0.05)
        assert time.monotonic() - began < 20
    store.close()


def test_what_the_store_did_not_take_in_the_end_waits_for_the_next_run(
    storage: Storage, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Spool.close, "__defaults__", (0.2,))
    store, behind = _store(storage, database, tmp_path)
    (tmp_path / "store").write_text("no folder")
    _see(store, 0.0, 0.2, 3.0)
    store.close()
    assert behind.waiting == 4  # two stretches of sightings, each with its frames
    (tmp_path / "store").unlink()
    Spool(storage, folder=tmp_path / "spool", owner="next", megabytes=10).close(10.0)
    assert read_frames(storage, "r1").num_rows == 3


def test_footage_fails_at_once(storage: Storage, database: Database, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("no folder")
    with pytest.raises(InputError, match="a file stands where a folder is needed"):
        AtOnce(storage, database).file("a/b", lambda: b"x")
