"""What it costs to record: CPU of our ingest against `ffmpeg -c copy -f segment`, of a file and of RTSP streams.

`python benchmarks/ingest.py` makes its own footage (1080p H.264, 25 pictures/s) and its own cameras. What a program needs to
start (imports, first connection) is told apart: of files two lengths are recorded and the difference counts, of streams the CPU
time between two moments at work. Ends with 1 where a bound is missed: 1.3 for files, 1.5 for a stream.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

FILES, STREAMS = 1.3, 1.5  # times the CPU of ffmpeg, at most
WIDTH, HEIGHT, FPS, PIECE = 1920, 1080, 25, 10
SETTLE = 6.0  # s until everybody is at work
NULL = subprocess.DEVNULL


def footage(path: Path, seconds: int) -> None:
    """Ten seconds of moving noise, again and again, at about 4 Mbit/s."""
    once = path.with_name("once.mp4")
    if not once.exists():
        chance = np.random.default_rng(1)
        with av.open(str(once), "w") as out:
            options = {"preset": "ultrafast", "tune": "zerolatency", "g": "50", "b": "4M", "maxrate": "4M", "bufsize": "4M"}
            stream = out.add_stream("libx264", rate=FPS, options=options)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            image = chance.integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
            for number in range(10 * FPS):
                picture = np.roll(image, 4 * number, axis=1)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
            out.mux(stream.encode(None))
    words = [
        "ffmpeg",
        "-y",
        "-loglevel",
        "error",
        "-stream_loop",
        str(seconds // 10 - 1),
        "-i",
        str(once),
        "-c",
        "copy",
        str(path),
    ]
    subprocess.run(words, check=True)


def cpu(words: list[str]) -> float:
    """CPU seconds of a program and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True, stdout=NULL, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bare(film: Path, folder: Path) -> list[str]:
    return ["ffmpeg", "-y", "-loglevel", "error", "-i", str(film), "-c", "copy", "-f", "segment", "-segment_time", str(PIECE),
            str(folder / "%06d.mkv")]  # fmt: skip


def ours(film: Path, folder: Path) -> list[str]:
    return [sys.executable, str(Path(__file__)), "--record", str(film), str(folder)]


def plain(film: Path, folder: Path) -> list[str]:
    return [sys.executable, str(Path(__file__)), "--plain", str(film), str(folder)]


def record(film: Path, folder: Path) -> None:
    """One film through our ingest, into a store and an SQLite database."""
    from components.database.database import Database
    from components.sources.video import Video
    from components.storage.footage import ingest
    from components.storage.storage import Storage

    source = Video("cam", uri=str(film), homography=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    database = Database(f"sqlite:///{folder}/ward.db")
    ingest(source, storage=Storage(str(folder / "store")), database=database, site="site", segment_seconds=float(PIECE))


def loop(film: Path, folder: Path) -> None:
    """What a plain loop of PyAV costs: packets from one file into others."""
    with av.open(str(film)) as source:
        stream, out, begun = source.streams.video[0], None, 0.0
        for packet in source.demux(stream):
            if packet.pts is None:
                continue
            at = float(packet.pts * packet.time_base)
            if out is None or (packet.is_keyframe and at - begun >= PIECE):
                if out is not None:
                    out.close()
                out, begun = av.open(str(folder / f"{packet.pts}.mkv"), "w"), at
                target = out.add_stream_from_template(stream)
            packet.stream = target
            out.mux(packet)
        out.close()


def per_second(words: Callable[[Path, Path], list[str]], films: tuple[Path, Path], lengths: tuple[int, int]) -> float:
    """CPU seconds per second of footage, without what starting costs."""
    spent = []
    for film in films:
        with tempfile.TemporaryDirectory() as folder:
            spent.append(cpu(words(film, Path(folder))))
    return (spent[1] - spent[0]) / (lengths[1] - lengths[0])


def files(repeats: int) -> bool:
    lengths = (100, 1100)
    with tempfile.TemporaryDirectory() as folder:
        films = tuple(Path(folder) / f"{length}.mp4" for length in lengths)
        for film, length in zip(films, lengths, strict=True):
            footage(film, length)
        size = films[1].stat().st_size / lengths[1]
        figures: dict[str, list[float]] = {"ffmpeg -c copy": [], "this project": [], "plain PyAV loop": []}
        for _ in range(repeats):
            for name, words in zip(figures, (bare, ours, plain), strict=True):
                figures[name].append(per_second(words, films, lengths))
    reference = statistics.median(figures["ffmpeg -c copy"])
    print(
        f"\nfiles: 1080p H.264, {8 * size / 1e6:.1f} Mbit/s, pieces of {PIECE} s; CPU per hour of footage, start-up not counted"
    )
    for name, values in figures.items():
        found = statistics.median(values)
        print(f"  {name:16} {3600 * found:7.2f} s   {found / reference:5.2f} x")
    return statistics.median(figures["this project"]) / reference <= FILES


def served(port: int, film: Path, count: int) -> None:
    """Cameras that send the film again and again; encoded once."""
    from tests.rtsp import Film, Server

    picture = Film(film, fps=FPS, seconds=4.0)
    server = Server({f"cam{number}": picture for number in range(count)}, port)
    print("ready", server.port, flush=True)
    time.sleep(3600)


def live(port: int, count: int, folder: Path) -> None:
    """What a group of `flows.ingest` does."""
    import threading

    from components.database.database import Database
    from components.database.registry import Registry
    from components.recording import record_live
    from components.shipping import Shipper
    from components.sources.stream import Stream
    from components.storage.storage import Storage

    flat = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    sources = {f"cam{n}": Stream(f"cam{n}", url=f"rtsp://127.0.0.1:{port}/cam{n}", homography=flat) for n in range(count)}
    database = Database(f"sqlite:///{folder}/ward.db")
    for source in sources.values():
        Registry(database).add_camera(source.camera, "site", 0)
    shipper = Shipper(Storage(str(folder / "store")), database, folder=folder / "spool", owner="group", megabytes=1000)
    record_live(sources, shipper=shipper, database=database, run="run", stop=threading.Event(), segment_seconds=float(PIECE))


def at_work(programs: list[list[str]], seconds: float) -> tuple[float, float]:
    """CPU (share of a core) and memory (MB) of some programs together while they work."""
    started = [psutil.Popen(words, stdout=NULL, stderr=NULL, cwd=ROOT) for words in programs]
    try:
        time.sleep(SETTLE)
        before, begun = [sum(one.cpu_times()[:2]) for one in started], time.monotonic()
        time.sleep(seconds)
        spent = sum(sum(one.cpu_times()[:2]) for one in started) - sum(before)
        memory = sum(one.memory_full_info().uss for one in started) / 1e6
        return spent / (time.monotonic() - begun), memory
    finally:
        for one in started:
            one.kill()
            one.wait()


def streams(counts: list[int], seconds: float) -> bool:
    with tempfile.TemporaryDirectory() as home:
        film = Path(home) / "film.mp4"
        footage(film, 10)
        words = [sys.executable, str(Path(__file__)), "--serve", "0", str(film), str(max(counts))]
        server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            assert server.stdout is not None
            port = server.stdout.readline().split()[1]
            print(f"\nstreams: RTSP over TCP, 1080p H.264, {FPS} pictures/s, pieces of {PIECE} s, {seconds:.0f} s at work")
            print("  streams   ffmpeg: % of a core, MB   this project: % of a core, MB   per stream   streams per core")
            ratios = [_compared(port, count, seconds) for count in counts]
        finally:
            server.kill()
            server.wait()
    return min(ratios[-1:]) <= STREAMS


def _compared(port: str, count: int, seconds: float) -> float:
    with tempfile.TemporaryDirectory() as folder:
        words = ["ffmpeg", "-y", "-loglevel", "error", "-rtsp_transport", "tcp", "-i"]
        segment = ["-c", "copy", "-f", "segment", "-segment_time", str(PIECE)]
        bare = [[*words, f"rtsp://127.0.0.1:{port}/cam{n}", *segment, f"{folder}/{n}-%06d.mp4"] for n in range(count)]
        reference, theirs = at_work(bare, seconds)
        own, memory = at_work([[sys.executable, str(Path(__file__)), "--live", port, str(count), folder]], seconds)
    print(
        f"  {count:7} {100 * reference:15.1f} %, {theirs:5.0f} {100 * own:22.1f} %, {memory:5.0f} {own / reference:12.2f} x"
        f" {count / own:18.0f}", flush=True,
    )  # fmt: skip
    return own / reference


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--repeats", type=int, default=7)
    words.add_argument("--streams", type=int, nargs="+", default=[1, 4, 16])
    words.add_argument("--seconds", type=float, default=30.0)
    words.add_argument("--only", choices=["files", "streams"])
    for hidden in ("--record", "--plain", "--serve", "--live"):
        words.add_argument(hidden, nargs="+", help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.record or given.plain:
        (record if given.record else loop)(*map(Path, given.record or given.plain))
        return 0
    if given.serve:
        served(int(given.serve[0]), Path(given.serve[1]), int(given.serve[2]))
    if given.live:
        live(int(given.live[0]), int(given.live[1]), Path(given.live[2]))
    if shutil.which("ffmpeg") is None:
        print("needs ffmpeg: sudo apt-get install ffmpeg")
        return 0
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    good = [files(given.repeats)] if given.only != "streams" else []
    good += [streams(given.streams, given.seconds)] if given.only != "files" else []
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
