"""Cameras at work, recorded: one that fails holds up no other, store and database may be away, a kill loses nothing."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import av
import pytest
from sqlalchemy import select

from components import recording
from components.contracts import InputError
from components.database.database import Database
from components.database.registry import Registry
from components.database.runs import Runs
from components.database.schema import CameraHealth, GapRow, SegmentRow
from components.recording import record_live
from components.shipping import Shipper
from components.sources.stream import Stream
from components.storage.storage import Storage
from tests.disks import disk, fill
from tests.rtsp import Picture, Server

SECOND = 1_000_000_000


@pytest.fixture
def storage(tmp_path) -> Storage:
    return Storage(str(tmp_path / "store"))


@pytest.fixture
def database(tmp_path) -> Database:
    return Database(f"sqlite:///{tmp_path}/wardflow.db")


def record(names, server, storage, database, folder, *, seconds=4.0, pieces=1.0, meanwhile=lambda: None, stop=None):
    """Record for some seconds, or until `stop`, while `meanwhile` happens; what each camera has given."""
    sources = {
        name: Stream(name, url=server.url(name), homography=((1, 0, 0), (0, 1, 0), (0, 0, 1)), timeout=2.0, retry_first=0.1)
        for name in names
    }
    for source in sources.values():
        Registry(database).add_camera(source.camera, "site", 0)
    if stop is None:
        stop = threading.Event()
        threading.Timer(seconds, stop.set).start()
    other = threading.Thread(target=meanwhile)
    other.start()
    shipper = Shipper(storage, database, folder=folder, owner="group", megabytes=100)
    takes = record_live(sources, shipper=shipper, database=database, run="run", stop=stop, segment_seconds=pieces)
    other.join()
    left = shipper.spool.close(patience=5.0)
    return takes, left


def wait(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def rows(database, table):
    with database.session() as session:
        found = list(session.scalars(select(table).order_by(table.camera, table.start)))
        session.expunge_all()
        return found


def pictures(storage, path: str) -> int:
    with av.open(str(storage.fetch(path))) as container:
        return sum(1 for _ in container.decode(video=0))


def test_what_two_cameras_send_is_in_store_and_database_and_readable(storage, database, tmp_path):
    server = Server({name: Picture(fps=10, width=160, height=128) for name in ("a", "b")})
    takes, left = record(["a", "b"], server, storage, database, tmp_path / "spool")
    server.stop()
    found = rows(database, SegmentRow)
    assert left == 0 and {row.camera for row in found} == {"a", "b"} and not rows(database, GapRow)
    assert sum(row.frames for row in found) == sum(take.frames for take in takes.values()) >= 40
    assert all(pictures(storage, row.path) == row.frames for row in found)
    assert all(
        row.source is not None and row.source + row.clock_correction == pytest.approx(row.start, abs=1000) for row in found
    )
    with database.session() as session:
        assert {row.camera: row.state for row in session.scalars(select(CameraHealth))} == {"a": "ok", "b": "ok"}
    assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file() and not path.name.startswith(".")]


def test_a_camera_that_goes_away_has_a_gap_with_its_length_and_reason_and_the_other_none(storage, database, tmp_path):
    steady = Server({"a": Picture(fps=10, width=160, height=128)})
    broken = Server({"b": Picture(fps=10, width=160, height=128)})
    port, again = broken.port, list[Server]()

    def meanwhile() -> None:
        time.sleep(2.5)
        broken.stop()
        time.sleep(1.0)
        again.append(Server({"b": Picture(fps=10, width=160, height=128)}, port))

    class Both:
        def url(self, name: str) -> str:
            return (steady if name == "a" else broken).url(name)

    record(["a", "b"], Both(), storage, database, tmp_path / "spool", seconds=7.0, meanwhile=meanwhile)
    steady.stop(), again[0].stop()
    (gap,) = rows(database, GapRow)
    own = [row for row in rows(database, SegmentRow) if row.camera == "b"]
    before, after = (row for row in own if gap.start == row.end or gap.end == row.start)
    assert gap.camera == "b" and gap.reason == "the stream ended" and (before.end, after.start) == (gap.start, gap.end)
    assert 0.9 * SECOND < gap.end - gap.start < 4 * SECOND


def test_while_the_store_is_away_footage_waits_and_then_arrives_in_order(database, tmp_path):
    class Away(Storage):
        away = True

        def send(self, file: Path, path: str) -> None:
            if Away.away:
                raise InputError("the store does not answer")
            super().send(file, path)

    storage = Away(str(tmp_path / "store"))

    def meanwhile() -> None:
        time.sleep(3.0)
        assert not rows(database, SegmentRow)
        Away.away = False

    server = Server({"a": Picture(fps=10, width=160, height=128)})
    takes, left = record(["a"], server, storage, database, tmp_path / "spool", seconds=5.0, meanwhile=meanwhile)
    server.stop()
    found = rows(database, SegmentRow)
    assert left == 0 and sum(row.frames for row in found) == takes["a"].frames and not rows(database, GapRow)


def test_what_waits_when_the_process_ends_arrives_with_the_next_and_counts_once(storage, database, tmp_path):
    class Refusing(Storage):
        def send(self, file: Path, path: str) -> None:
            raise InputError("the store does not answer")

    server = Server({"a": Picture(fps=10, width=160, height=128)})
    shipper_store = Refusing(str(tmp_path / "store"))
    takes, left = record(["a"], server, shipper_store, database, tmp_path / "spool", seconds=2.5)
    assert left == takes["a"].segments > 0 and not rows(database, SegmentRow)
    shipper = Shipper(storage, database, folder=tmp_path / "spool", owner="group", megabytes=100)
    assert shipper.spool.close(patience=5.0) == 0
    server.stop()
    found = rows(database, SegmentRow)
    assert sum(row.frames for row in found) == takes["a"].frames and len(found) == takes["a"].segments


def test_a_kill_in_the_middle_of_a_file_loses_no_more_than_what_was_not_yet_a_keyframe_further(storage, database, tmp_path):
    server = Server({"a": Picture(fps=10, width=160, height=128)})
    making = tmp_path / "spool"
    source = Stream("a", url=server.url("a"), homography=((1, 0, 0), (0, 1, 0), (0, 0, 1)), timeout=2.0)
    shipper = Shipper(storage, database, folder=making, owner="group", megabytes=100)
    folder = shipper.making(source.camera)
    folder.mkdir()
    stop = threading.Event()
    killed = threading.Thread(target=lambda: list(source.keep(folder, 1e8, stop)), daemon=True)
    killed.start()
    wait(lambda: list(folder.glob("*.part")))
    time.sleep(3.0)
    (part,) = folder.glob("*.part")
    content, name = part.read_bytes(), part.name  # what is on the disk when the process dies
    stop.set()
    killed.join()
    for path in folder.iterdir():
        path.unlink()
    (folder / name).write_bytes(content)
    shipper.spool.close()
    record(["a"], server, storage, database, tmp_path / "spool", seconds=2.5)
    server.stop()
    first = rows(database, SegmentRow)[0]
    assert first.start == int(name.split(".", maxsplit=1)[0]) and first.frames >= 10
    assert pictures(storage, first.path) == first.frames
    assert rows(database, GapRow)[0].reason == "recording began"


def test_who_records_what_another_machine_records_says_so(storage, database, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(recording, "REPORTS", 0.3)
    server, stop = Server({"a": Picture(fps=10, width=160, height=128)}), threading.Event()
    source = Stream("a", url=server.url("a"), homography=((1, 0, 0), (0, 1, 0), (0, 0, 1)), timeout=2.0)
    Registry(database).add_camera(source.camera, "site", 0)

    def machine(name: str, flow: str) -> threading.Thread:
        Runs(database).begin(name, flow, [], "", published=False)
        same = Stream("a", url=server.url("a"), homography=((1, 0, 0), (0, 1, 0), (0, 0, 1)), timeout=2.0)
        shipper = Shipper(storage, database, folder=tmp_path / name, owner="group", megabytes=100)
        words = {"shipper": shipper, "database": database, "run": name, "stop": stop}
        thread = threading.Thread(target=lambda: (record_live({"a": same}, **words), shipper.spool.close(patience=5.0)))
        thread.start()
        return thread

    machines = [machine("one", "ingest"), machine("watched", "track")]  # a camera may be recorded and followed
    time.sleep(1.5)
    assert "records it, too" not in caplog.text
    machines.append(machine("two", "ingest"))
    wait(lambda: "a: run two records it, too" in caplog.text and "a: run one records it, too" in caplog.text)
    stop.set()
    for thread in machines:
        thread.join()
    server.stop()
    assert caplog.text.count("run two records it, too") == 1


def test_a_camera_that_is_there_and_blind_is_asked_again(storage, database, tmp_path):
    """It goes on to say what time it is, so its connection is neither silent nor broken."""
    server, stop = Server({"cam": Picture(fps=10, width=160, height=128)}), threading.Event()

    def meanwhile():
        wait(lambda: rows(database, SegmentRow))
        server.blind.set()
        asked = server.asked
        wait(lambda: server.asked > asked)  # a connection of its own accord, while the first one goes on
        server.blind.clear()
        there = len(rows(database, SegmentRow))
        wait(lambda: len(rows(database, SegmentRow)) > there + 1)
        stop.set()

    record(["cam"], server, storage, database, tmp_path / "spool", meanwhile=meanwhile, stop=stop)
    server.stop()
    (gap,) = rows(database, GapRow)
    assert gap.reason.startswith("no picture came for ") and gap.end - gap.start > 4 * SECOND
    assert all(pictures(storage, row.path) == row.frames for row in rows(database, SegmentRow))


def test_a_camera_that_never_answers_says_why(storage, database, tmp_path):
    server = Server({"a": Picture(fps=10, width=160, height=128)})
    takes, _ = record(["a", "nobody"], server, storage, database, tmp_path / "spool", seconds=4.0)
    server.stop()
    assert takes["a"].segments and not takes["nobody"].segments
    with database.session() as session:
        assert "rtsp://127.0.0.1" in session.get_one(CameraHealth, "nobody").message


def test_a_disk_that_fills_in_the_middle_of_it_leaves_nothing_half_says_so_and_goes_on(
    storage, database, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(recording, "AGAIN", 0.3)
    monkeypatch.setattr(recording, "REPORTS", 0.3)
    stop, said = threading.Event(), "no space left on the disk of"

    def everybody(since: int) -> bool:
        return {row.camera for row in rows(database, SegmentRow) if row.start > since} == {"a", "b"}

    def states() -> dict[str, str]:
        with database.session() as session:
            return {row.camera: row.state for row in session.scalars(select(CameraHealth))}

    def until(check, patience=30.0) -> None:
        end = time.monotonic() + patience
        while not check() and time.monotonic() < end:
            time.sleep(0.05)

    def meanwhile() -> None:
        until(lambda: everybody(0))
        filler = fill(small)
        until(lambda: states() == {"a": "failed", "b": "failed"})
        time.sleep(1.5)
        filler.unlink()
        then = time.time_ns()
        until(lambda: everybody(then) and states() == {"a": "ok", "b": "ok"})
        stop.set()

    server = Server({name: Picture(fps=10, width=160, height=128) for name in ("a", "b")})
    with disk(tmp_path / "disk") as small:
        takes, left = record(["a", "b"], server, storage, database, small / "spool", meanwhile=meanwhile, stop=stop)
        server.stop()
        assert left == 0 and not [path for path in small.rglob("*") if path.is_file() and not path.name.startswith(".")]
    found, gaps = rows(database, SegmentRow), rows(database, GapRow)
    assert sum(row.frames for row in found) == sum(take.frames for take in takes.values())
    assert all(pictures(storage, row.path) == row.frames for row in found)
    assert {gap.camera for gap in gaps} == {"a", "b"} and all(gap.reason.startswith(said) for gap in gaps)
    assert states() == {"a": "ok", "b": "ok"} and 2 <= caplog.text.count(said) <= 6, "not at each attempt"
