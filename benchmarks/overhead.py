"""What the framework itself costs: `python benchmarks/overhead.py [video] [weights.onnx]`.

Prints, each with its bound: frames/s of flows.track over a bare loop of the same decoder, detector and tracker; the time of
--help; the time until a run without a Prefect server has done its work; an empty flow on a real server over a direct call.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
sys.path.insert(0, str(ROOT))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", nargs="?", type=Path, default=DATA / "PETS09-S2L1" / "vtest.avi")
    parser.add_argument("weights", nargs="?", type=Path, default=DATA / "yolox_nano" / "yolox_nano.onnx")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RUNS"] = folder
        os.environ.pop("PREFECT_API_URL", None)
        results = [help_time(), start_time(folder), *empty_flow(folder)]
        if arguments.video.is_file() and arguments.weights.is_file():
            results.append(frames_ratio(arguments.video, arguments.weights, arguments.repeats, Path(folder)))
        else:
            print(f"skipped: frames/s needs a video and weights; {arguments.video} or {arguments.weights} is not there")
    for name, figure, bound, good in results:
        print(f"{'ok ' if good else 'NOT'}  {name:<74} {figure:>16}  (bound {bound})")
    return 0 if all(good for *_, good in results) else 1


Result = tuple[str, str, str, bool]


def help_time() -> Result:
    """Median of several starts; CPU time is shown too, as the machine may be busy."""
    figures = [_timed([sys.executable, "-m", "flows.track", "--help"]) for _ in range(5)]
    wall, cpu = (statistics.median(column) for column in zip(*figures, strict=True))
    return "python -m flows.track --help, whole process", f"{wall:.2f} s ({cpu:.2f} cpu)", "< 1 s", wall < 1


def start_time(folder: str) -> Result:
    """A whole run with almost no work in it bounds the time until a run starts to work."""
    words = [f"fleet.every_camera.{word}" for word in ("seconds=1", "width=160", "height=90")]
    command = [sys.executable, "-m", "flows.ingest", "fleet=simulated_ward", "only=[corridor]", *words]
    figures = [_timed(command, RUNS=f"{folder}/start{i}")[0] for i in range(3)]
    wall = statistics.median(figures)
    return "a run without a server, from the command to its end (1 s of footage)", f"{wall:.2f} s", "< 3 s", wall < 3


def empty_flow(folder: str) -> list[Result]:
    """The way that every flow takes to the server, around a body that does nothing."""
    from flows import _prefect

    with server(folder) as address:
        os.environ["PREFECT_API_URL"] = address
        calls = [_wall(lambda: _prefect.call(nothing, "empty", [])) for _ in range(6)][1:]
        del os.environ["PREFECT_API_URL"]
    direct = _wall(lambda: None)
    extra = statistics.median(calls) - direct
    return [("an empty flow on a configured server, over the direct call", f"{extra:.3f} s", "< 1 s", extra < 1)]


def nothing(overrides: list[str]) -> None:
    """A flow's body that does nothing."""
    del overrides


def frames_ratio(video: Path, weights: Path, repeats: int, folder: Path) -> Result:
    """Bare loop and flow in turn, in this process; the ratio of each pair, then their median."""
    words = ["fleet=video", f"fleet.cameras.cam1.uri={video}", "detector=onnx", f"detector.weights={weights}"]
    words += ["tracker=bytetrack", "identity=nobody", "runner=local", "sampling=every_frame", "batch_size=1"]
    bare_loop(video, words)
    ratios = []
    for i in range(repeats):
        bare = _wall(lambda: bare_loop(video, words))
        os.environ["RUNS"] = str(folder / f"frames{i}")
        ours = _wall(lambda: _flow(words))
        ratios.append(bare / ours)
        print(f"  bare loop {bare:.2f} s, flows.track {ours:.2f} s, ratio {bare / ours:.3f}")
    ratio = statistics.median(ratios)
    return "frames/s of flows.track over a bare loop, same decoder, detector, tracker", f"{ratio:.3f}", ">= 0.9", ratio >= 0.9


def bare_loop(video: Path, words: list[str]) -> int:
    """What somebody would write by hand: decode, detect, track."""
    import av
    import numpy as np
    from av.video.reformatter import VideoReformatter

    from components.contracts import Camera, Frame
    from flows import _launch, _wiring

    config = _launch.compose("track", words)
    detector, tracker = _wiring.make(config["detector"]), _wiring.make(config["tracker"])
    reformatter = VideoReformatter()
    camera, native, seen = Camera("cam1", "", ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))), np.eye(3), 0
    with av.open(str(video)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for index, picture in enumerate(container.decode(video=0)):
            image = reformatter.reformat(picture, format="bgr24").to_ndarray()  # to_ndarray(format=...) alone costs twice that
            frame = Frame(camera, index * 100_000_000, index, "", 0, image, native)
            seen += len(tracker.update(frame, detector.detect([frame])[0]))
    return seen


def _flow(words: list[str]) -> None:
    from flows.track import track

    summary = track(words)
    if not summary.ok:
        raise SystemExit(f"flows.track failed: {dict(summary.failures)}")


@contextmanager
def server(folder: str) -> Iterator[str]:
    """A real Prefect server on a free port, gone when the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {
        "PREFECT_HOME": f"{folder}/prefect",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "true",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
    }
    os.environ.update(quiet)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    try:
        _wait(f"http://127.0.0.1:{port}/api/health")
        yield f"http://127.0.0.1:{port}/api"
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str) -> None:
    for _ in range(120):
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.5)
    raise SystemExit(f"no Prefect server came up at {url}")


def _timed(command: list[str], **env: str) -> tuple[float, float]:
    """Wall and CPU seconds of a whole process."""
    began, before = time.monotonic(), os.times()
    subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=True, capture_output=True)
    after = os.times()
    return time.monotonic() - began, after.children_user + after.children_system - before.children_user - before.children_system


def _wall(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
