"""Store and database go away and come back; disks fill: what waits arrives in order, what had to go is known, nothing is half."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest
from sqlalchemy import select

from components.contracts import Camera, InputError, Recording
from components.database.database import Database
from components.database.registry import Registry
from components.database.schema import GapRow, SegmentRow, SpoolRow
from components.losses import Losses
from components.retention.certificates import verify
from components.retention.chain import events
from components.retention.disk import Disk
from components.retention.marks import Scope, lift_mark, set_mark
from components.retention.room import make_room
from components.shipping import Shipper
from components.sources import remux
from components.storage import spool as spooling
from components.storage.storage import Storage
from tests.components.database.servers import postgres
from tests.disks import disk, fill
from tests.rtsp import Picture
from tests.stores.servers import S3_KEYS, _answering, _free

CAMERA = Camera("hall", "", ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
SECOND, BEGUN = 1_000_000_000, 1_772_445_600 * 1_000_000_000
SIZE = 200_000  # bytes of a piece


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "FIRST", 0.05)
    monkeypatch.setattr(spooling, "LONGEST", 0.2)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/ward.db")
    Registry(made).add_camera(CAMERA, "site", 0)
    yield made
    made.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    with disk(tmp_path / "disk") as folder:
        yield folder


def piece(folder: Path, number: int, size: int = SIZE) -> Recording:
    """Ten seconds, of bytes that no other piece has."""
    path = folder / f"{BEGUN + number * 10 * SECOND}.mp4"
    path.write_bytes(number.to_bytes(4, "big") * (size // 4))
    start = BEGUN + number * 10 * SECOND
    return Recording(path, start, start + 10 * SECOND, 100, "h264", ())


def ship(shipper: Shipper, *numbers: int, size: int = SIZE) -> None:
    folder = shipper.making(CAMERA)
    folder.mkdir(exist_ok=True)
    for number in numbers:
        shipper.ship(CAMERA, piece(folder, number, size))


def until(check: Callable[[], object], patience: float = 20.0) -> None:
    end = time.monotonic() + patience
    while not check():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def rows(database: Database, table):
    with database.session() as session:
        found = list(session.scalars(select(table).order_by(table.start)))
        session.expunge_all()
        return found


def numbers(database: Database) -> list[int]:
    return [(row.start - BEGUN) // (10 * SECOND) for row in rows(database, SegmentRow) if row.deleted is None]


def gaps(database: Database) -> list[tuple[float, float, str]]:
    return [((row.start - BEGUN) / SECOND, (row.end - BEGUN) / SECOND, row.reason) for row in rows(database, GapRow)]


@contextmanager
def s3(port: int) -> Iterator[Storage]:
    from components.storage.s3 import S3

    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **S3_KEYS})
    try:
        _answering(f"http://127.0.0.1:{port}/moto-api/", server, Path(os.devnull))
        storage = S3("s3://ward/here")
        storage._fs.mkdir("ward")
        yield storage
    finally:
        server.kill()
        server.wait()


def test_a_store_that_stops_and_starts_gets_all_of_it_in_order_and_what_waits_is_said(tmp_path, database, monkeypatch, caplog):
    from components.storage.s3 import S3

    port = _free()
    for name, value in {**S3_KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}.items():
        monkeypatch.setenv(name, value)
    storage = S3("s3://ward/here", attempts=1, visible_within=1.0)
    shipper = Shipper(storage, database, folder=tmp_path / "spool", owner="group", megabytes=100)
    ship(shipper, 0, 1, 2)
    until(lambda: shipper.spool.problem)
    shipper.tell()
    with database.session() as session:
        (said,) = session.scalars(select(SpoolRow))
        assert (said.files, said.bytes, said.lost) == (3, 3 * SIZE, 0) and "s3://ward" in said.problem
        assert abs(said.since - time.time_ns()) < 60 * SECOND
    assert "files wait in" in caplog.text
    with s3(port) as there:
        until(lambda: shipper.waiting.files == 0)
        assert numbers(database) == [0, 1, 2] and len(there.list("raw")) == 3
    ship(shipper, 3, 4)
    until(lambda: shipper.spool.problem)
    with s3(port) as there:
        until(lambda: shipper.waiting.files == 0)
        assert numbers(database) == [0, 1, 2, 3, 4] and len(there.list("raw")) == 2
        assert shipper.close().files == 0
    assert not gaps(database) and "is back" in caplog.text


@pytest.mark.service
def test_while_the_database_is_away_footage_waits_and_what_is_lost_beyond_the_bound_is_known_to_it_later(tmp_path):
    with postgres() as server:
        database = Database(server.url)
        Registry(database).add_camera(CAMERA, "site", 0)
        shipper = Shipper(Storage(str(tmp_path / "store")), database, folder=tmp_path / "spool", owner="group", megabytes=1)
        ship(shipper, 0)
        until(lambda: shipper.waiting.files == 0)
        server.kill()
        ship(shipper, *range(1, 9))  # of 5 that the bound lets wait, besides the one that is being sent
        until(lambda: shipper.spool.problem)
        lost = shipper.waiting.lost
        assert lost and shipper.waiting.bytes <= 1_000_000 + SIZE
        shipper.spool._ended = True  # the process dies
        again = Losses(shipper.spool.place)
        assert sum(loss.pieces for loss in again._known) == lost and len(again._known) <= 2
        shipper.spool._ended = False
        server.begin()
        until(lambda: shipper.waiting.files == 0, 40)
        left = numbers(database)
        assert len(left) == 9 - lost and left == sorted(left) and {0, 8} <= set(left)
        known = gaps(database)
        assert sum(end - start for start, end, _ in known) == pytest.approx(10 * lost)
        assert {reason for _, _, reason in known} == {"lost: more than 1 MB wait for the store"}
        deleted = list(events(database, kinds=["deleted"]))
        assert sum(event["detail"]["pieces"] for event in deleted) == lost and sum(e["bytes"] for e in deleted) == lost * SIZE
        assert shipper.close().files == 0
        database.close()


def scope(number: int) -> Scope:
    return Scope(cameras=("hall",), start=BEGUN + number * 10 * SECOND, end=BEGUN + (number + 1) * 10 * SECOND)


def test_a_disk_that_is_nearly_full_loses_the_oldest_by_class_and_never_what_is_held(small, tmp_path, database, caplog):
    storage, disk = Storage(str(small / "store")), Disk(free_megabytes=1, goes=("other", "incident"))
    shipper = Shipper(storage, database, folder=small / "spool", owner="group", megabytes=100, disk=disk, run="run")
    mark = {"who": "me", "why": "a test"}
    set_mark(database, "hold", "court", scope(0), **mark)
    set_mark(database, "class", "fall", scope(1), category="incident", **mark)
    ship(shipper, *range(17))  # 3.4 of 4 MB, and 1 MB has to be free
    until(lambda: shipper.waiting.files == 0)
    shipper.keep_room()
    left = numbers(database)
    assert left[:2] == [0, 1] and left[2] > 2 and left == [0, 1, *range(left[2], 17)]
    assert gaps(database) == [(20.0, left[2] * 10.0, "deleted: the disk has to have 1 MB and 0 % free")]
    assert shipper.freed == (left[2] - 2) * SIZE and "were deleted" in caplog.text
    deleted = list(events(database, kinds=["deleted"]))
    assert len(deleted) == left[2] - 2 and not verify(storage, database)
    make_room(storage, database, disk, 20 * SIZE)  # everything of no class, then the incident
    assert numbers(database) == [0]
    lift_mark(database, "hold", "court", **mark)
    make_room(storage, database, Disk(free_megabytes=1, goes=()), SIZE)
    assert numbers(database) == [0], "a class that is not named never goes"
    assert shipper.close().files == 0


def test_where_the_store_is_elsewhere_what_waits_goes_oldest_first(small, tmp_path, database):
    (tmp_path / "store").write_text("no folder: the store is away")
    disk = Disk(free_megabytes=2)
    shipper = Shipper(Storage(str(tmp_path / "store")), database, folder=small / "spool", owner="g", megabytes=100, disk=disk)
    ship(shipper, *range(14))
    shipper.keep_room()
    lost = shipper.waiting.lost
    assert lost >= 4 and not disk.missing(small)
    (tmp_path / "store").unlink()
    until(lambda: shipper.waiting.files == 0)
    assert len(numbers(database)) == 14 - lost and numbers(database)[-1] == 13
    assert sum(end - start for start, end, _ in gaps(database)) == pytest.approx(10 * lost)
    assert shipper.close().files == 0


def test_on_a_full_disk_a_piece_stays_where_it_is_and_comes_when_there_is_room(small, tmp_path, database):
    shipper = Shipper(Storage(str(tmp_path / "store")), database, folder=small / "spool", owner="g", megabytes=100)
    folder = shipper.making(CAMERA)
    folder.mkdir()
    made = kept(source_of(tmp_path, 3), folder)
    filler = fill(small)
    with pytest.raises((InputError, OSError), match="space"):
        shipper.ship(CAMERA, made)
    assert made.path.exists() and shipper.waiting.files == 0
    with pytest.raises(InputError, match="kept again"):
        list(remux.salvaged(folder))
    filler.unlink()
    (found,) = remux.salvaged(folder)
    shipper.ship(CAMERA, found)
    assert shipper.close().files == 0 and (found.frames, found.start, found.end) == (made.frames, made.start, made.end)


def source_of(folder: Path, seconds: int) -> Path:
    """What a camera would send."""
    path = folder / f"{seconds}.source"
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=10, options={"g": "10", "preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(10 * seconds):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(Picture().draw(number), format="rgb24")))
        out.mux(stream.encode(None))
    return path


def kept(source: Path, folder: Path) -> Recording:
    """Its packets in a file, as those of a camera at work."""
    with av.open(str(source)) as container:
        made = remux.Piece(folder, container.streams.video[0], BEGUN, None, "", None)
        for packet in container.demux(video=0):
            if packet.size:
                made.add(packet)
        return made.closed()


def test_whatever_room_there_is_a_file_is_whole_or_none(small, tmp_path):
    source, outcomes = source_of(tmp_path, 4), set[bool]()
    size = kept(source, tmp_path).path.stat().st_size
    for room in range(0, size + 50_000, 4096):
        about = os.statvfs(small)
        (small / "filler").write_bytes(b"0" * (about.f_bavail * about.f_frsize - room))
        try:
            with av.open(str(kept(source, small).path)) as container:
                assert sum(1 for packet in container.demux(video=0) if packet.size) == 40, "what is called whole is whole"
            outcomes.add(True)
        except InputError:
            outcomes.add(False)
        for path in small.iterdir():
            path.unlink()
    assert outcomes == {True, False}


def test_what_a_kill_left_of_a_camera_that_is_not_recorded_any_more_arrives(tmp_path, database):
    storage = Storage(str(tmp_path / "store"))
    shipper = Shipper(storage, database, folder=tmp_path / "spool", owner="old group", megabytes=100)
    folder = shipper.making(CAMERA)
    folder.mkdir()
    made = kept(source_of(tmp_path, 2), folder)
    (folder / f"left-{made.path.name}.part").write_bytes(made.path.read_bytes())  # killed just before it was removed
    other = kept(source_of(tmp_path, 3), tmp_path)
    other.path.rename(folder / f"left-{BEGUN + 20 * SECOND}.mp4.part")  # killed in the middle of its copy
    shipper.close()
    again = Shipper(storage, database, folder=tmp_path / "spool", owner="another group", megabytes=100)
    assert again.close().files == 0
    assert [(row.start - BEGUN, row.frames) for row in rows(database, SegmentRow)] == [(0, 20), (20 * SECOND, 30)]
    assert not folder.exists()


def test_a_policy_that_says_something_twice_is_refused():
    with pytest.raises(InputError, match="each class once"):
        Disk(goes=("other", "other"))


def test_two_that_record_the_same_cameras_on_one_machine_are_told(database: Database, tmp_path: Path, caplog) -> None:
    storage, where = Storage(str(tmp_path / "store")), {"folder": tmp_path / "spool", "owner": "group", "megabytes": 1}
    first = Shipper(storage, database, **where)
    assert "twice" not in caplog.text
    second = Shipper(storage, database, **where)
    assert "another process records these cameras here" in caplog.text
    first.close(), second.close()
