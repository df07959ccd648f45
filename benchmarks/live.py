"""How live cameras are followed: `python benchmarks/live.py [--cameras 4] [--seconds 60] [--database postgresql] [--store s3]`.

Network cameras (an RTSP server of ours that plays real footage in a loop, each picture stamped by its sender reports) are
followed by `flows.track`, and a page listens to `flows.dashboard`. Prints, each with its bound: latency from the picture to the
database and to the page, frames dropped in calm and under a detector that is too slow, memory over time, and what is lost while
database and store are away for `--away` seconds each.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

from sqlalchemy import func, select

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
sys.path.insert(0, str(ROOT))

from benchmarks.services import S3, Database, Folder, Postgres, Sqlite, Store  # noqa: E402
from components.database.database import Database as Client  # noqa: E402
from components.database.schema import CameraHealth, LatestSighting, PositionRow  # noqa: E402
from components.storage.sightings import read_frames  # noqa: E402
from components.storage.storage import Storage  # noqa: E402
from tests.rtsp import Film, Server  # noqa: E402

Result = tuple[str, str, str, bool]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, default=DATA / "PETS09-S2L1" / "vtest.avi")
    parser.add_argument("--weights", type=Path, default=DATA / "yolox_nano" / "yolox_nano.onnx")
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=60.0, help="of calm")
    parser.add_argument("--away", type=float, default=20.0, help="seconds without database, then without store; 0: neither")
    parser.add_argument("--overload", type=float, default=20.0, help="seconds with a detector that is too slow; 0: none")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--store", choices=["local", "s3"], default="local")
    said = parser.parse_args()
    if not (said.video.is_file() and said.weights.is_file()):
        print(f"skipped: needs a video and weights; {said.video} or {said.weights} is not there")
        return 0
    good = True
    with tempfile.TemporaryDirectory(prefix="wardflow-live-") as folder:
        parts = [followed(said, Path(folder) / "calm")]
        parts += [overloaded(said, Path(folder) / "overload")] if said.overload else []
        for name, figure, bound, held in chain.from_iterable(parts):
            print(f"{'ok ' if held else 'NOT'}  {name:<66} {figure:>22}  (bound {bound})", flush=True)
            good = good and held
    return 0 if good else 1


def followed(said: argparse.Namespace, runs: Path) -> Iterator[Result]:
    """Calm, then no database, then no store, then the end."""
    with ExitStack() as stack:
        database: Database = stack.enter_context(Postgres() if said.database == "postgresql" else Sqlite(runs))
        store: Store = stack.enter_context(S3() if said.store == "s3" else Folder(runs))
        os.environ.update(RUNS=str(runs), WARDFLOW_DASHBOARD_PASSWORD="", **store.env)
        server = Server({f"cam{n}": Film(said.video, fps=said.fps) for n in range(said.cameras)})
        places = [f"storage={store.group}", f"storage.url={store.url}", f"database.url={database.url}"]
        track = stack.enter_context(process("track", *words(server, said), *places))
        page = stack.enter_context(process("dashboard", "port=0", *places))
        address = next(line for line in page.stdout if "is at " in line).split()[4]
        seen, named = (stack.enter_context(watched(database.url, table)) for table in (LatestSighting, PositionRow))
        shown = stack.enter_context(listened(f"{address}/api/live"))
        until(lambda: len(seen.ages) > 20)
        until(lambda: len(named.ages) > 5)
        time.sleep(5)
        looks = {"database": seen, "site's positions": named, "page": shown}
        marks, memory = {name: len(look.ages) for name, look in looks.items()}, [megabytes(track.pid)]
        for _ in range(4):
            time.sleep(said.seconds / 4)
            memory.append(megabytes(track.pid))
        for name, look in looks.items():
            yield late(f"from the picture to the {name}", look.ages[marks[name] :])
        calm = totals(database.url)
        share = calm["dropped"] / max(1, calm["frames"] + calm["dropped"])
        yield f"dropped in calm, of {calm['frames'] + calm['dropped']} frames", f"{100 * share:.2f} %", "<= 1 %", share <= 0.01
        growth = memory[-1] - memory[1]
        yield "memory of the run, all processes, and its growth", f"{memory[-1]:.0f} MB, {growth:+.0f} MB", "+20 MB", growth <= 20
        if said.away:
            yield from away(said, database, store, seen, shown if shown.ages else named)
        track.send_signal(signal.SIGINT)
        output = track.communicate(timeout=120)[0]
        server.stop()
        if track.returncode:
            raise SystemExit(f"flows.track failed:\n{output}")
        yield kept(runs, store)


def away(said: argparse.Namespace, database: Database, store: Store, seen: Ages, shown: Ages) -> Iterator[Result]:
    """Without one of the two for a while, and how long it takes until what is `shown` is up to date again."""
    for name, service in (("database", database), ("store", store)):
        before = len(seen.ages)
        service.leave()
        time.sleep(said.away)
        during = len(seen.ages) - before
        service.come()
        back, mark = time.monotonic(), len(shown.ages)
        until(lambda mark=mark: any(age < 1.5 for age in shown.ages[mark:]), 60)
        took = time.monotonic() - back
        yield f"the page is up to date again, {name} away {said.away:.0f} s", f"{took:.1f} s", "<= 15 s", took <= 15
        if name == "store":
            yield "moments that the database heard of meanwhile", str(during), ">= 1 a second", during >= said.away
        time.sleep(3)


def kept(runs: Path, store: Store) -> Result:
    """Every frame that went down the line is in the store, once."""
    summary = json.loads(sorted(runs.glob("track/*/*/summary.json"))[-1].read_text())
    figures, key = summary["figures"], summary["details"]["run_key"]
    rows = read_frames(Storage(store.url), key).to_pylist()
    once = {(row["camera"], row["frame"], row["time"]) for row in rows}
    lost = figures["frames"] - len(once) + figures["files_lost"] + figures["files_waiting"]
    return (
        f"lost of {figures['frames']} frames, doubles",
        f"{lost}, {len(rows) - len(once)}",
        "0, 0",
        not lost and len(rows) == len(once),
    )


def overloaded(said: argparse.Namespace, runs: Path) -> Iterator[Result]:
    """A detector that takes a second or so for a picture."""
    with ExitStack() as stack:
        database = stack.enter_context(Sqlite(runs))
        os.environ.update(RUNS=str(runs))
        server = Server({f"cam{n}": Film(said.video, fps=said.fps) for n in range(said.cameras)})
        heavy = ["detector=hog", "detector.enlarge=2.0"]
        place = [f"database.url={database.url}"]
        track = stack.enter_context(process("track", *words(server, said, detector=heavy), *place, "batch_size=1"))
        until(lambda: totals(database.url)["frames"] > 0)
        seen = stack.enter_context(watched(database.url, LatestSighting))
        before, began = totals(database.url), time.monotonic()
        time.sleep(said.overload)
        after, took = totals(database.url), time.monotonic() - began
        track.send_signal(signal.SIGINT)
        track.communicate(timeout=60)
        server.stop()
        frames, dropped = (after[name] - before[name] for name in ("frames", "dropped"))
        share = (frames + dropped) / (took * said.fps * said.cameras)
        yield (
            f"too slow a detector: {frames} seen + {dropped} dropped, of delivered",
            f"{100 * share:.0f} %",
            "75..125 %",
            0.75 < share < 1.25,
        )
        if seen.ages:  # a camera's turn comes when all others had theirs
            turn = took * said.cameras / max(1, frames)
            oldest, bound = max(seen.ages), 2 * turn + 1.5
            yield (
                "age of the oldest picture that reaches the database",
                f"{oldest:.1f} s",
                f"{bound:.1f} s, two turns",
                oldest <= bound,
            )


def words(server: Server, said: argparse.Namespace, detector: list[str] | None = None) -> list[str]:
    """The overrides of the run: every camera looks at a floor of its own, 20 m from the next."""
    found = ["fleet=stream", "~fleet.cameras.cam1", "identity=nobody", "sampling=every_frame", "live.file_seconds=5"]
    found += detector or ["detector=onnx", f"detector.weights={said.weights}"]
    found += ["group_size=100", "batch_size=8", "tracker=byte"] if detector is None else ["group_size=100", "tracker=byte"]
    for number, name in enumerate(server.cameras):
        floor = f"[[0.02,0,{20.0 * number}],[0,0.02,0],[0,0,1]]"
        found.append(f"+fleet.cameras.{name}={{url:'{server.url(name)}',homography:{floor}}}")
    return found


class Ages:
    """How old what one sees is, s, whenever it changes."""

    def __init__(self) -> None:
        self.ages: list[float] = []
        self._newest, self._stop = 0, threading.Event()

    def note(self, moment: int) -> None:
        """A moment of fleet time, ns."""
        if moment > self._newest:
            self._newest = moment
            self.ages.append((time.time_ns() - moment) / 1e9)


@contextmanager
def watched(url: str, table: type[LatestSighting | PositionRow]) -> Iterator[Ages]:
    """The newest row of a table, looked at twenty times a second."""
    ages, stop = Ages(), threading.Event()

    def look() -> None:
        client = Client(url)
        while not stop.wait(0.05):
            try:
                with client.session() as session:
                    ages.note(session.scalar(select(func.max(table.time))) or 0)
            except Exception:  # away
                time.sleep(0.2)
        client.close()

    with running(look, stop):
        yield ages


@contextmanager
def listened(url: str) -> Iterator[Ages]:
    """What a page is told."""
    ages, stop = Ages(), threading.Event()

    def listen() -> None:
        while not stop.is_set():
            try:
                with urllib.request.urlopen(url, timeout=15) as stream:
                    for line in stream:
                        if line.startswith(b"data: ") and b'"marks"' in line:
                            marks = json.loads(line[6:])["marks"]
                            ages.note(max((mark["t_ms"] for mark in marks), default=0) * 1_000_000)
                        if stop.is_set():
                            return
            except OSError:
                time.sleep(0.2)

    with running(listen, stop):
        yield ages


@contextmanager
def running(work: Callable[[], None], stop: threading.Event) -> Iterator[None]:
    threading.Thread(target=work, daemon=True).start()
    try:
        yield
    finally:
        stop.set()


@contextmanager
def process(flow: str, *overrides: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", f"flows.{flow}", *overrides]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    found = subprocess.Popen(command, cwd=ROOT, env=os.environ, start_new_session=True, **pipes)  # type: ignore[call-overload]
    try:
        yield found
    finally:
        if found.poll() is None:
            os.killpg(found.pid, signal.SIGKILL)
        found.wait()


def totals(url: str) -> dict[str, int]:
    """Frames and dropped frames of all cameras, as their health says."""
    try:
        client = Client(url)
        with client.session() as session:
            rows = session.query(CameraHealth).all()
            return {name: sum(getattr(row, name) for row in rows) for name in ("frames", "dropped")}
    except Exception:  # not there yet
        return {"frames": 0, "dropped": 0}


def late(name: str, ages: list[float]) -> Result:
    if len(ages) < 20:
        return name, f"{len(ages)} changes", "p95 <= 1.5 s", False
    half, most = statistics.median(ages), statistics.quantiles(ages, n=20)[-1]
    return f"{name}, p50 and p95 of {len(ages)}", f"{half:.2f} s, {most:.2f} s", "p95 <= 1.5 s", most <= 1.5


def megabytes(pid: int) -> float:
    """Resident memory of a process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    total, queue = 0.0, [pid]
    for one in queue:
        queue += children.get(one, [])
        total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return total


def until(condition: Callable[[], object], seconds: float = 90.0) -> bool:
    """Whether `condition` came true within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


if __name__ == "__main__":
    sys.exit(main())
