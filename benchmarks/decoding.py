"""What it costs to take 5 of 25 frames a second out of 1080p H.264 as 640x480 grey JPEGs, as CPU time against a bare decoder.

`python benchmarks/decoding.py` makes its footage (real scenes from ../shared/data where they are, else drawn ones) and measures
in turns: `ffmpeg -f null`, which counts as 1; this project; and what people write instead. Ends with 1 where a bound is missed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from components.contracts import Camera, Frame, Sampler, Segment  # noqa: E402
from components.datasets.prepare import Picture  # noqa: E402
from components.preprocessing.chain import apply  # noqa: E402
from components.preprocessing.demand import wanted  # noqa: E402
from components.preprocessing.gray import Gray  # noqa: E402
from components.preprocessing.resize import Resize  # noqa: E402
from components.samplers.fixed_rate import FixedRate  # noqa: E402
from components.samplers.keyframes import Keyframes  # noqa: E402
from components.sources.recorded import Recorded  # noqa: E402
from components.storage.storage import Storage  # noqa: E402

SHARED = ROOT.parent / "shared" / "data" / "lab4" / "cam0.mp4"
WIDTH, HEIGHT, FPS, KEPT = 1920, 1080, 25, 5
TAKE = 10  # s of footage that are encoded, and then repeated
PYAV = 0.90  # of `ffmpeg -f null`, where that is not installed: measured 0.84-0.96 on machines that had both


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of `work`, of all threads and children."""
    begin = _used()
    work()
    return _used() - begin


def _used() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def footage(path: Path, pyramid: str) -> None:
    """TAKE seconds of a room with people in it, and with the noise of a sensor, by x264 with its defaults but for `pyramid`."""
    rng = np.random.default_rng(0)
    noise = [rng.normal(0, 2, (HEIGHT, WIDTH)).astype(np.int8) for _ in range(7)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"g": "50", "x264-params": f"b-pyramid={pyramid}"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, planes in zip(range(TAKE * FPS), scenes(), strict=False):
            luma = planes[:HEIGHT].astype(np.int16) + noise[number % len(noise)]
            planes[:HEIGHT] = np.clip(luma, 16, 235)
            picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def looped(take: Path, path: Path, times: int) -> None:
    """The packets of `take`, several times over."""
    with av.open(str(path), "w") as out:
        target = None
        for turn in range(times):
            with av.open(str(take)) as container:
                stream = container.streams.video[0]
                target = target or out.add_stream_from_template(stream)
                shift = turn * round(TAKE / (stream.time_base or 1))
                for packet in container.demux(stream):
                    if packet.size and packet.pts is not None and packet.dts is not None:
                        packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, target
                        out.mux(packet)


def scenes() -> Iterator[np.ndarray]:
    """Planes of yuv420p, for ever."""
    while SHARED.exists():
        with av.open(str(SHARED)) as container:
            for picture in container.decode(video=0):
                yield picture.reformat(WIDTH, HEIGHT, "yuv420p").to_ndarray()
    rng, number = np.random.default_rng(1), 0
    room = cv2.resize(rng.integers(60, 200, (68, 120, 3), dtype=np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    while True:
        image, number = room.copy(), number + 1
        for person in range(6):
            x = round((300 * person + (40 + 10 * person) * number / FPS) % WIDTH)
            cv2.rectangle(image, (x, 400), (x + 90, 800), (40 * person, 200 - 30 * person, 90), -1)
        yield cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)


def bare(path: Path) -> None:
    if shutil.which("ffmpeg"):
        subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-f", "null", "-"], check=True)
    else:
        decode(path)


def decode(path: Path) -> None:
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for _ in container.decode(video=0):
            pass


def ours(path: Path, sampler: Sampler) -> list[bytes]:
    """What preparing a dataset does to a camera's footage in the store, but for the shard."""
    steps, camera = (Resize(width=640, height=480), Gray()), Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    segment = Segment(camera, "0" * 64, 0, 0, 0, path.name)
    source = Recorded(camera, segments=[segment], storage=Storage(str(path.parent)))
    results = (apply(steps, frame) for frame in source.frames(sampler, wanted(steps)))
    return [Picture().encode(frame) for frame in results if isinstance(frame, Frame)]


def grabbing(path: Path) -> None:
    """OpenCV, with those who know that grab() need not be followed by retrieve()."""
    video = cv2.VideoCapture(str(path))
    number = 0
    while video.grab():
        if number % (FPS // KEPT) == 0:
            image = cv2.resize(video.retrieve()[1], (640, 480), interpolation=cv2.INTER_AREA)
            cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
        number += 1


def naive(path: Path) -> None:
    """The script of many an article: every frame is read, shrunk and made grey; every fifth is kept."""
    video = cv2.VideoCapture(str(path))
    number = 0
    while (read := video.read())[0]:
        image = cv2.cvtColor(cv2.resize(read[1], (640, 480)), cv2.COLOR_BGR2GRAY)
        if number % (FPS // KEPT) == 0:
            cv2.imencode(".jpg", image)
        number += 1


def scaling(path: Path) -> float:
    """Seconds for one camera in one process, against two cameras in two: 1 where there is a core for each."""
    context = multiprocessing.get_context("fork")
    lasted = []
    for count in (1, 2):
        begin = time.perf_counter()
        processes = [context.Process(target=ours, args=(path, FixedRate(KEPT))) for _ in range(count)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        lasted.append(time.perf_counter() - begin)
    return 2 * lasted[0] / lasted[1]


def measure(path: Path, repeats: int, rows: dict[str, Callable[[Path], object]]) -> tuple[dict[str, float], float]:
    """CPU of each row against a bare decoder, taken in turns, and the bare decoder's seconds."""
    costs: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(repeats):
        for name, work in rows.items():
            costs[name].append(spent(partial(work, path)))
    base = statistics.median(costs[BARE]) / (1 if shutil.which("ffmpeg") else PYAV)
    return {name: statistics.median(seconds) / base for name, seconds in costs.items()}, base


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="of footage, a multiple of 10")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if not shutil.which("ffmpeg"):
        print(f"ffmpeg is not installed: PyAV's decoding counts as {PYAV} of it, as measured elsewhere")
    missed = 0
    with tempfile.TemporaryDirectory(prefix="wardflow-") as folder:
        for pyramid, (what, rows, bounds) in FILMS.items():
            footage(Path(folder, "take.mp4"), pyramid)
            path = Path(folder, f"{pyramid}.mp4")
            looped(Path(folder, "take.mp4"), path, max(1, options.seconds // TAKE))
            ratios, base = measure(path, options.repeats, rows)
            print(f"{what}: a bare decoder needs {base:.2f} s for {options.seconds} s")
            missed += sum(_said(name, ratio, bounds.get(name)) for name, ratio in ratios.items())
        print(f"two cameras in two processes do {scaling(path):.2f} times the work of one in the same time")
    return int(missed > 0)


def _said(name: str, ratio: float, bound: float | None) -> bool:
    """Print a row; whether it misses its bound."""
    verdict = "" if bound is None else f"   at most {bound:.2f}: {'ok' if ratio <= bound else 'missed'}"
    print(f"  {name:24} {ratio:5.2f}{verdict}")
    return bound is not None and ratio > bound


BARE = "ffmpeg -f null"
OURS: dict[str, Callable[[Path], object]] = {
    BARE: bare,
    "exact": lambda path: ours(path, FixedRate(KEPT)),
    "exact=false": lambda path: ours(path, FixedRate(KEPT, exact=False)),
}
OTHERS: dict[str, Callable[[Path], object]] = {
    "keyframes only": lambda path: ours(path, Keyframes()),
    "PyAV, decoding only": decode,
    "OpenCV, grab and skip": grabbing,
    "OpenCV, every frame": naive,
}
FILMS = {
    "normal": ("x264's defaults, where B-frames need B-frames", OURS, {"exact": 1.10}),
    "none": ("B-frames that no other frame needs", {**OURS, **OTHERS}, {"exact": 1.10, "exact=false": 0.65}),
}


if __name__ == "__main__":
    sys.exit(main())
