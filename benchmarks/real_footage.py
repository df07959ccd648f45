"""What detectors and trackers reach on real footage with ground truth: `python benchmarks/real_footage.py [onnx osnet hog det]`.

One row for each sequence, detector and tracker: MOTA, IDF1, HOTA, switches of id, position error, ms per frame (detector and
reid + tracker, on one thread). `osnet` is `onnx` with the appearance of OSNet, for the trackers that go by it; `det` are the
detections published with a sequence. "/2" is every second frame, as a slower camera would deliver it. All settings are those
of the shipped YAMLs, none of which was chosen on PETS. A figure that misses its bound makes the exit code 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
sys.path.insert(0, str(ROOT))

from components.contracts import Camera, Detections, Detector, Embedder, Frame, Places, Tracker, Tracks  # noqa: E402
from components.detectors.hog import Hog  # noqa: E402
from components.detectors.onnx import Onnx  # noqa: E402
from components.evaluation.tracks import Boxes, Scene, TrackFigures, evaluate_tracks  # noqa: E402
from components.labels.mot import read_mot  # noqa: E402
from components.locators.floor import Floor  # noqa: E402
from components.reid.blind import Blind  # noqa: E402
from components.reid.onnx import Appearance  # noqa: E402


def shipped(name: str) -> Callable[[], Tracker]:
    """Makes the tracker of this YAML."""
    (path,) = [*ROOT.glob(f"conf/tracker/{name}.yaml"), *ROOT.glob(f"plugins/*/conf/tracker/{name}.yaml")]
    config = yaml.safe_load(path.read_text())
    module, _, kind = config.pop("_target_").rpartition(".")
    return partial(getattr(import_module(module), kind), **config)


MOTION = ("bytetrack", "byte", "sfsort", "ocsort", "botsort", "deepocsort", "hybridsort", "boosttrack", "occluboost")
LOOKS = ("botsort", "strongsort", "deepocsort", "hybridsort", "boosttrack", "occluboost")
BEST = ("osnet", "occluboost")  # as a tracker on TUD-Campus and the simulated ward; PETS decided on the threshold of new tracks
BOUNDS = {  # on PETS, every frame
    ("onnx", "bytetrack"): {"mota": 0.75, "idf1": 0.60},
    ("hog", "bytetrack"): {"mota": 0.35},
    BEST: {"mota": 0.75, "idf1": 0.75},
}
PLAIN = {"mota": 0.643, "idf1": 0.707}  # what ByteTrack reaches on TUD-Campus
NEAR = 0.35  # metres: the bound of the median position error

Watched = tuple[Frame, Detections]


@dataclass(frozen=True, slots=True)
class Clip:
    """Footage with ground truth."""

    folder: str
    film: str  # a video, or a pattern of pictures
    fps: float  # real rate
    every: tuple[int, ...]  # each n-th frame is watched

    def frames(self) -> Iterator[Frame]:
        path = DATA / self.folder
        matrix = path / "homography_image_to_ground.txt"
        floor = np.loadtxt(matrix) if matrix.is_file() else np.eye(3)
        camera = Camera(self.folder, "", tuple(map(tuple, floor.tolist())))  # type: ignore[arg-type]
        capture = cv2.VideoCapture(str(path / self.film))
        for index in count():
            read, image = capture.read()
            if not read:
                return
            yield Frame(camera, round(index * 1e9 / self.fps), index, "", 0, np.asarray(image, np.uint8), np.eye(3))


CLIPS = (Clip("PETS09-S2L1", "vtest.avi", 7, (1, 2)), Clip("TUD-Campus", "img1/%06d.jpg", 25, (1,)))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    sequence: str
    detector: str
    tracker: str
    figures: TrackFigures
    detecting: float  # ms per frame
    tracking: float

    def missed(self) -> list[str]:
        """The bounds that the figures do not reach."""
        bounds = self._bounds()
        missed = [f"{name} below {bound}" for name, bound in bounds.items() if getattr(self.figures, name) < bound]
        return [*missed, f"error above {NEAR} m"] if bounds and (self.figures.position_error_m_median or 0) > NEAR else missed

    def _bounds(self) -> dict[str, float]:
        kind = (self.detector, self.tracker)
        if self.sequence == CLIPS[0].folder:
            return BOUNDS.get(kind, {})
        return PLAIN if kind == BEST and self.sequence == CLIPS[1].folder else {}

    def __str__(self) -> str:
        f, error = self.figures, self.figures.position_error_m_median
        figures = f"{f.mota:6.3f} {f.idf1:6.3f} {f.hota:6.3f} {f.id_switches:8d} {'-' if error is None else f'{error:.3f} m':>8}"
        cost = f"{self.detecting:7.1f} +{self.tracking:5.1f}"
        return f"{self.sequence:<14} {self.detector:<8} {self.tracker:<10} {figures} {cost}  {', '.join(self.missed())}"


class Published:
    """The detections that come with a sequence, with their scores brought to 0..1."""

    def __init__(self, folder: Path) -> None:
        rows = np.loadtxt(folder / "det" / "det.txt", delimiter=",")
        rows[:, 6] = (rows[:, 6] - rows[:, 6].min()) / np.ptp(rows[:, 6])
        self._rows = rows

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [self._detect(frame.index + 1) for frame in frames]

    def _detect(self, number: int) -> Detections:
        rows = self._rows[self._rows[:, 0] == number]
        boxes = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]]).astype(np.float32)
        return Detections(boxes, rows[:, 6].astype(np.float32), np.zeros(len(rows), np.int64))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("detectors", nargs="*", default=["onnx", "osnet", "hog"], help="onnx, osnet, hog, det")
    chosen = parser.parse_args().detectors
    cv2.setNumThreads(1)
    names = f"{'MOTA':>6} {'IDF1':>6} {'HOTA':>6} {'switches':>8} {'error':>8} {'ms':>8}"
    print(f"{'sequence':<14} {'detector':<8} {'tracker':<10} {names}")
    good = True
    for row in rows(chosen):
        print(row, flush=True)
        good &= not row.missed()
    return 0 if good else 1


def rows(detectors: list[str]) -> Iterator[Row]:
    for clip in CLIPS:
        for name in detectors:
            watched, detecting = detect(clip, _detector(name, clip), _appearance() if name == "osnet" else Blind())
            for every in clip.every:
                for kind in LOOKS if name == "osnet" else MOTION:
                    figures, tracking = track(clip, watched[::every], shipped(kind)())
                    label = clip.folder if every == 1 else f"{clip.folder} /{every}"
                    yield Row(label, name, kind, figures, detecting, tracking)


def _detector(name: str, clip: Clip) -> Detector:
    if name == "det":
        return Published(DATA / clip.folder)
    return Hog() if name == "hog" else Onnx(str(DATA / "yolox_nano" / "yolox_nano.onnx"))


def _appearance() -> Embedder:
    return Appearance(str(DATA / "osnet_x0_25" / "osnet_x0_25_msmt17.onnx"))


def detect(clip: Clip, detector: Detector, reid: Embedder) -> tuple[list[Watched], float]:
    """Every frame, without its pixels, and its detections; and the mean ms that one took."""
    watched, spent = list[Watched](), 0.0
    for frame in clip.frames():
        began = time.perf_counter()
        (found,) = reid.embed([frame], detector.detect([frame]))
        spent += time.perf_counter() - began
        watched.append((replace(frame, image=np.broadcast_to(np.uint8(0), frame.image.shape)), found))
    return watched, spent / len(watched) * 1000


def track(clip: Clip, watched: list[Watched], tracker: Tracker) -> tuple[TrackFigures, float]:
    """The figures of one tracker on these detections, and the mean ms of an update."""
    locator, seen, spent = Floor(), list[tuple[Frame, Tracks, Places]](), 0.0
    for frame, found in watched:
        began = time.perf_counter()
        tracks = tracker.update(frame, found)
        spent += time.perf_counter() - began
        seen.append((frame, tracks, locator.locate(frame, tracks)))
    tracked = Boxes(
        np.concatenate([np.full(len(tracks), frame.index) for frame, tracks, _ in seen]),
        np.concatenate([tracks.ids for _, tracks, _ in seen]),
        np.concatenate([tracks.boxes for _, tracks, _ in seen]).astype(np.float64),
        np.concatenate([places.floor for _, _, places in seen]),
        np.zeros(sum(len(tracks) for _, tracks, _ in seen), np.bool_),
    )
    h, w = watched[0][0].image.shape[:2]
    truth = read_mot(DATA / clip.folder / "gt" / "gt.txt", size=(w, h))
    scene = Scene(tracked, Boxes.of_truth(truth), [frame.index for frame, _ in watched])
    return evaluate_tracks({"cam": scene}).overall, spent / len(watched) * 1000


if __name__ == "__main__":
    sys.exit(main())
