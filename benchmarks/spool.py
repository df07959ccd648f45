"""An hour without a store, in minutes: what waiting costs for each file, and how fast what waits arrives when it is back.

    python benchmarks/spool.py [--cameras 16] [--minutes 60] [--server moto|ceph] [--database sqlite|postgres]

Small files, as the bytes of a piece cost the same whenever they are sent. Recorders of 8 cameras each keep them in a spool while
an S3 server is stopped, are begun again meanwhile, and send all of it when the server is back; then the same with a bound that
half of it goes beyond. Ends with 1 where order, gaps or a bound are missed: the last files may cost no more than `GROWTH` times
the CPU of the first, and what waited arrives `FASTER` times as fast as it came about.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import psutil
from sqlalchemy import func, select

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from components.contracts import Camera, Recording
from components.database.database import Database
from components.database.registry import Registry
from components.database.schema import GapRow, SegmentRow
from components.shipping import Shipper
from components.storage.s3 import S3
from tests.components.database.servers import postgres
from tests.stores.ceph import ceph
from tests.stores.servers import S3_KEYS, _answering, _free

GROWTH, FASTER, KILOBYTES = 2.0, 10.0, 8.0  # the last is memory of one file that waits
SECOND, PIECE, GROUP = 1_000_000_000, 10, 8
BEGUN = 1_772_445_600 * SECOND
SIZE = 20_000  # bytes of a piece
GROUND = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass
class Site:
    """Recorders without cameras: what they are given, they keep."""

    url: str
    database: Database
    folder: Path
    cameras: Sequence[Camera]
    megabytes: int = 100_000
    shippers: list[Shipper] = field(default_factory=list)

    def open(self) -> float:
        """How many seconds recorders take until they know what waits."""
        begun = time.perf_counter()
        owners, folder = [f"group-{number}" for number in range(0, len(self.cameras), GROUP)], self.folder / "spool"
        for owner in owners:
            storage = S3(self.url, attempts=1, visible_within=2.0)
            self.shippers.append(
                Shipper(storage, self.database, folder=folder, owner=owner, megabytes=self.megabytes, others=owners)
            )
        return time.perf_counter() - begun

    def close(self) -> None:
        while self.shippers:
            self.shippers.pop().close(0.1)

    def keep(self, number: int) -> float:
        """The `number`th piece of each camera; CPU seconds of one."""
        made = [self._made(camera, number) for camera in self.cameras]
        begun = time.process_time()
        for place, (camera, recording) in enumerate(made):
            self.shippers[place // GROUP].ship(camera, recording)
        return (time.process_time() - begun) / len(made)

    def _made(self, camera: Camera, number: int) -> tuple[Camera, Recording]:
        start = BEGUN + number * PIECE * SECOND
        folder = self.shippers[self.cameras.index(camera) // GROUP].making(camera)
        folder.mkdir(exist_ok=True)
        path = folder / f"{start}.mp4"
        path.write_bytes(f"{camera.id} {number} ".encode() * (SIZE // 10))
        return camera, Recording(path, start, start + PIECE * SECOND, 100, "h264", ())

    @property
    def waiting(self) -> int:
        return sum(shipper.waiting.files for shipper in self.shippers)

    @property
    def lost(self) -> int:
        return sum(shipper.waiting.lost for shipper in self.shippers)

    def in_order(self) -> bool:
        """Whether each camera's footage is there up to some moment, and nothing after it."""
        columns = (func.count(), func.min(SegmentRow.start), func.max(SegmentRow.end))
        with self.database.session() as session:
            found = session.execute(select(*columns).group_by(SegmentRow.camera)).all()
        return all(end - start == count * PIECE * SECOND for count, start, end in found)


def tenths(seconds: Sequence[float]) -> tuple[float, float]:
    """Of the first and of the last tenth, the mean in milliseconds."""
    part = max(1, len(seconds) // 10)
    return 1000 * mean(seconds[:part]), 1000 * mean(seconds[-part:])


def memory() -> float:
    """MB of this process."""
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 1e6


def away(site: Site, pieces: int) -> list[str]:
    """What happens while the server is stopped; what of it is wrong."""
    site.open()
    seconds = [site.keep(number) for number in range(pieces // 5)]  # after which everything is imported and at work
    before, few = memory(), site.waiting
    seconds += [site.keep(number) for number in range(pieces // 5, pieces)]
    files, lost, grown, total = site.waiting, site.lost, memory() - before, pieces * len(site.cameras)
    each, (first, last) = 1000 * grown / max(files - few, 1), tenths(seconds[len(seconds) * 6 // 10 :] if lost else seconds)
    print(f"  kept: {first:.2f} ms of CPU a file at first, {last:.2f} at last; {grown:.1f} MB of memory for {files - few:,} more")
    site.close()
    print(f"  begun again: {site.open():.2f} s until {site.waiting:,} files are known")
    wrong = [f"{files} of {total} files wait, {lost} are lost"] if files + lost != total or files != site.waiting else []
    wrong += [f"a file costs {last:.2f} ms after {first:.2f}"] if last > GROWTH * first else []
    return wrong + ([f"{each:.1f} kB of memory for a file"] if each > KILOBYTES and not lost else [])


def back(site: Site, pieces: int) -> list[str]:
    """What happens when the server is back; what of it is wrong."""
    begun, before, all_, wrong, rates = time.perf_counter(), memory(), site.waiting, list[str](), list[float]()
    left, then = all_, time.process_time()
    while left:
        time.sleep(0.5)
        now, at = site.waiting, time.process_time()
        if now < left - all_ // 50 or not now:
            rates, left, then = [*rates, (at - then) / max(1, left - now)], now, at
        if not site.in_order():
            wrong.append("a piece came before one of the same camera that is older")
        assert time.perf_counter() - begun < 3600, "nothing arrives any more"
    took = time.perf_counter() - begun
    first, last = tenths(rates)
    times = pieces * PIECE / took
    print(f"  back: {all_:,} files arrived in {took:.1f} s ({all_ / took:.0f}/s, {times:.0f} times as fast as they came about), "
          f"{first:.1f} ms of CPU a file at first, {last:.1f} at last; {memory() - before:+.1f} MB")  # fmt: skip
    wrong += [f"only {times:.1f} times as fast as they came about"] if times < FASTER else []
    return wrong + ([f"a file costs {last:.1f} ms after {first:.1f}"] if last > GROWTH * first else [])


def known(site: Site, pieces: int, lost: int) -> list[str]:
    """Whether everything arrived, or is a gap."""
    with site.database.session() as session:
        there = session.scalar(select(func.count()).select_from(SegmentRow)) or 0
        gaps = list(session.execute(select(GapRow.camera, GapRow.start, GapRow.end, GapRow.reason)))
    missing = sum(end - start for _, start, end, _ in gaps) / SECOND
    if lost:
        print(f"  lost beyond the bound: {lost:,} files; {missing / 60:.1f} minutes of cameras in {len(gaps)} gaps: "
              f"{', '.join(sorted({reason for *_, reason in gaps}))}")  # fmt: skip
    total = pieces * len(site.cameras)
    wrong = [f"{there} rows and {lost} lost of {total} files"] if there + lost != total else []
    return wrong + ([f"{missing:.0f} s are gaps, {lost * PIECE} s are lost"] if abs(missing - lost * PIECE) > 1 else [])


@contextmanager
def stopped(kind: str) -> Iterator[Callable[[], object]]:
    """A server that does not run; what begins it. Its bucket is `ward`."""
    if kind == "ceph":
        with ceph() as cluster:
            os.environ.update(cluster.environment)
            cluster.storage("ward")
            cluster.kill("client.rgw")
            yield lambda: cluster.begin("client.rgw")
        return
    port, running = _free(), list[subprocess.Popen[bytes]]()
    os.environ.update({**S3_KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"})

    def begin() -> None:
        words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        running.append(subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        _answering(f"http://127.0.0.1:{port}/moto-api/", running[0], Path(os.devnull))
        S3("s3://ward/bench")._fs.mkdir("ward")

    try:
        yield begin
    finally:
        for server in running:
            server.kill()
            server.wait()


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[Database]:
    with ExitStack() as stack:
        url = stack.enter_context(postgres()).url if kind == "postgres" else f"sqlite:///{folder}/ward.db"
        made = Database(url)
        stack.callback(made.close)
        yield made


def trial(said: argparse.Namespace, megabytes: int) -> list[str]:
    """Away and back; what is wrong."""
    pieces = said.minutes * 60 // PIECE
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wardflow-bench-")))
        begin = stack.enter_context(stopped(said.server))
        database = stack.enter_context(database_of(said.database, folder))
        cameras = [Camera(f"cam{number:02d}", "", GROUND) for number in range(said.cameras)]
        for camera in cameras:
            Registry(database).add_camera(camera, "site", 0)
        site = Site("s3://ward/bench", database, folder, cameras, megabytes)
        stack.callback(site.close)
        wrong = away(site, pieces)
        lost = pieces * said.cameras - site.waiting
        begin()
        return wrong + back(site, pieces) + known(site, pieces, lost)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=16)
    parser.add_argument("--minutes", type=int, default=60, help="for which the store is away")
    parser.add_argument("--server", choices=["moto", "ceph"], default="moto")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    said = parser.parse_args()
    files = said.cameras * said.minutes * 60 // PIECE
    each = files * SIZE // -(-said.cameras // GROUP)
    wrong = []
    for megabytes in (100_000, max(1, each // 2_000_000)):
        print(f"{said.cameras} cameras, {said.minutes} minutes away ({said.server}, {said.database}): {files:,} files of "
              f"{PIECE} s, {megabytes:,} MB for each {GROUP} cameras", flush=True)  # fmt: skip
        wrong += trial(said, megabytes)
    print("\n".join(f"WRONG: {line}" for line in wrong) or "nothing is lost but what had to go, and all of it in order")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
