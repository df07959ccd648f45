"""`flows.ingest` at work while its processes, and those of its database and store, are killed: nothing is lost or double."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import av
import psutil
import pytest
from sqlalchemy import select

from components.contracts import InputError
from components.database.database import Database
from components.database.schema import GapRow, SegmentRow
from components.storage.storage import Storage
from tests.components.database.servers import PASSWORD, postgres
from tests.rtsp import Picture
from tests.rtsp import Server as Cameras
from tests.stores.ceph import ceph

ROOT = Path(__file__).resolve().parents[2]
CAMERAS = ("a", "b", "c")
SECOND = 1_000_000_000
BUSY = 7 * SECOND // 10  # by how much a process that was killed on a busy machine may have dated its piece too late


@dataclass(frozen=True)
class Other:
    """A process of others that recording needs."""

    name: str
    kill: Callable[[], object]
    begin: Callable[[], object]


@dataclass(frozen=True)
class Place:
    """Where footage goes, and how a flow is told."""

    storage: Storage
    words: Sequence[str] = ()
    others: Sequence[Other] = ()


class Service:
    """`flows.ingest`, begun again whenever it ends, as systemd does."""

    def __init__(self, cameras: Cameras, runs: Path, url: str, place: Place) -> None:
        urls = [f"+fleet.cameras.{name}.url={cameras.url(name)}" for name in CAMERAS]
        plain = url.replace(f":{PASSWORD}@", "@").split("?")[0]  # a password is not taken from a word
        self.words = ["fleet=stream", "~fleet.cameras.cam1", *urls, "segment_seconds=1", "group_size=2", "database=postgres"]
        self.words += [f"database.url={plain}", "database.encryption=any", *place.words]
        self.environment = {**os.environ, "RUNS": str(runs), "DATABASE_PASSWORD": PASSWORD}
        self.runs, self.begun, self._ended = runs, 0, threading.Event()
        self.log = (runs.parent / "log").open("a+")
        self._thread = threading.Thread(target=self._again, daemon=True)
        self._thread.start()

    def command(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "flows.ingest", *self.words, *words], cwd=ROOT, env=self.environment,
            stdout=self.log, stderr=self.log, start_new_session=True,
        )  # fmt: skip

    def _again(self) -> None:
        while not self._ended.is_set():
            self.process = self.command()
            self.begun += 1
            if self.process.wait() == 2:  # it was refused: nothing that comes again
                self._ended.set()
            self._ended.wait(0.5)

    @property
    def refused(self) -> bool:
        return self._ended.is_set()

    @property
    def processes(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            main = psutil.Process(self.process.pid)
            return [main, *main.children(recursive=True)]
        return []

    def end(self) -> None:
        """Politely, and once more for what waits."""
        self._ended.set()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self._thread.join(10)
        assert self.command("minutes=0.1").wait(120) == 0, self.said()

    def said(self) -> str:
        self.log.flush()
        return Path(self.log.name).read_text()[-6000:]


def rows(database: Database, table):
    with database.session() as session:
        found = list(session.scalars(select(table).order_by(table.camera, table.start)))
        session.expunge_all()
        return found


def whole(runs: Path, storage: Storage, database: Database) -> None:
    """Everything that is known is there, once, and can be read; what is not there is a gap."""
    found, gaps = rows(database, SegmentRow), rows(database, GapRow)
    assert {row.path for row in found} == set(storage.list("raw")), "each file has its row, each row its file"
    for row in found:
        content = storage.read(row.path)
        assert sha256(content).hexdigest() == row.sha256
        with av.open(io.BytesIO(content)) as container:
            assert sum(1 for packet in container.demux(video=0) if packet.size) == row.frames
    for name in CAMERAS:
        own = [row for row in found if row.camera == name]
        known = [(gap.start, gap.end) for gap in gaps if gap.camera == name]
        wrong = [
            (row.start, gap)
            for row in own
            for gap in known
            if gap[0] - SECOND // 5 <= row.start < row.end <= gap[1] + SECOND // 5
        ]
        assert not wrong, f"{name}: what is called a gap is there: {wrong}"
        for before, after in pairwise(own):
            assert after.start >= before.end - BUSY, f"{name}: a moment is there twice: {before.end} {after.start}"
            if after.start - before.end > SECOND:
                assert (before.end, after.start) in known, f"{name}: nobody says why there is nothing from {before.end} on"
    waiting = [path for path in (runs / "spool").rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert not waiting, f"left behind: {waiting}"


def killed(runs: Path, times: int, seed: int, place: Place) -> None:
    chance, cameras = random.Random(seed), Cameras({name: Picture(fps=10, width=160, height=128) for name in CAMERAS})
    with postgres() as server:
        others = [Other("the database", server.kill, server.begin), *place.others]
        url = server.empty("ward")
        database = Database(url)
        service = Service(cameras, runs, url, place)
        seen: set[tuple[str, int, str]] = set()
        try:
            for _ in range(times):
                wait_for_more(database, service)
                time.sleep(chance.uniform(0.0, 2.0))
                with suppress(InputError):
                    seen |= {(row.camera, row.start, row.sha256) for row in rows(database, SegmentRow)}
                strike(chance, service, others)
            wait_for_more(database, service)
            service.end()
        except BaseException:
            service.log.close()
            database.close()
            raise
        finally:
            service._ended.set()
            for process in service.processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            cameras.stop()
        try:
            assert seen <= {(row.camera, row.start, row.sha256) for row in rows(database, SegmentRow)}, "what was there is gone"
            whole(runs, place.storage, database)
        except AssertionError:
            print(service.said())
            raise
        finally:
            service.log.close()
            database.close()


def strike(chance: random.Random, service: Service, others: Sequence[Other]) -> None:
    """One process of all, those of others among them."""
    target = chance.choice([*service.processes, *others])
    with suppress(psutil.NoSuchProcess):
        name = target.name if isinstance(target, Other) else " ".join(target.cmdline())[-100:]
        service.log.write(f"--- killed: {name}\n")
        service.log.flush()
        target.kill()
    if isinstance(target, Other):
        time.sleep(chance.uniform(0.0, 3.0))
        target.begin()


def wait_for_more(database: Database, service: Service, patience: float = 90.0) -> None:
    """Until every camera's footage arrives again."""
    end, now = time.monotonic() + patience, time.time_ns()
    while time.monotonic() < end and not service.refused:
        with suppress(InputError):
            if {row.camera for row in rows(database, SegmentRow) if row.start > now} == set(CAMERAS):
                return
        time.sleep(0.2)
    raise AssertionError(f"no footage for {patience:.0f} s; begun {service.begun} times: {service.said()}")


@contextmanager
def objects(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """An object store of two processes: a gateway, and what keeps the bytes on a disk."""
    with ceph(durable=True) as cluster:
        for name, value in cluster.environment.items():
            monkeypatch.setenv(name, value)
        others = [Other(name, partial(cluster.kill, name), partial(cluster.begin, name)) for name in ("client.rgw", "osd.0")]
        yield Place(cluster.storage("ward"), cluster.words("ward"), others)


@pytest.mark.service
def test_any_process_killed_at_five_random_moments(runs):
    killed(runs, 5, 2, Place(Storage(str(runs / "store"))))


@pytest.mark.slow
@pytest.mark.service
@pytest.mark.timeout(3000)
def test_any_process_killed_at_fifty_random_moments_that_of_an_object_store_too(runs, monkeypatch):
    with objects(monkeypatch) as place:
        killed(runs, 50, 1, place)
