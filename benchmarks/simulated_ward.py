"""How many frames per second one core renders, records and skips: `python -m benchmarks.simulated_ward`.

CPU time of one thread, so that other work on the machine does not count.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import yaml

from components.contracts import Moment, Needs, Person
from components.sources.simulated import Simulated
from components.sources.ward import Ward

FLEET = Path(__file__).resolve().parents[1] / "conf" / "fleet" / "simulated_ward.yaml"
FRAMES = 300
REQUIRED = 60.0  # rendered frames per second and core at 960x540


class Sampler:
    """Keeps everything or nothing."""

    def __init__(self, kept: bool) -> None:
        self.kept = kept

    needs: Needs = "times"

    def keep(self, moment: Moment) -> bool:  # noqa: ARG002
        return self.kept


def cameras(seconds: float) -> Iterator[Simulated]:
    fleet = yaml.safe_load(FLEET.read_text())
    spec = fleet["every_camera"]["ward"]
    ward = Ward(spec["seed"], staff=tuple(Person(**person) for person in fleet["staff"]), visitors=spec["visitors"])
    for name, own in fleet["cameras"].items():
        whole = {**fleet["every_camera"], **own, "ward": ward, "seconds": seconds}
        del whole["_target_"]
        yield Simulated(name, **whole)


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of the whole process."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def measure(camera: Simulated) -> float:
    frames = camera.frames(Sampler(True))
    prepare = spent(lambda: next(frames))
    count = camera.count - 1
    render = count / spent(lambda: [None for _ in frames])
    skip = camera.count / spent(lambda: list(camera.frames(Sampler(False))))
    with tempfile.TemporaryDirectory() as folder:
        record = camera.count / spent(lambda: list(camera.record(Path(folder), 10.0)))
    print(
        f"{camera.camera.id:10} first frame {prepare:.2f} s  render {render:4.0f}/s  record {record:4.0f}/s  skip {skip:7.0f}/s"
    )
    return render


def main() -> int:
    cv2.setNumThreads(1)
    slowest = min(measure(camera) for camera in cameras(FRAMES / 10.0))
    print(f"slowest camera: {slowest:.0f} rendered frames/s per core, required {REQUIRED:.0f}")
    return 0 if slowest >= REQUIRED else 1


if __name__ == "__main__":
    raise SystemExit(main())
