"""Whether four real cameras agree where people are: `python benchmarks/lab4.py [--locator floor|smooth] [--seconds 27]`.

The lab's cameras overlap, are calibrated and in step; who is who is not known, so the same person is found by place, in two ways.
*Moments*: of two views at one moment, places that are each other's nearest within 1 m, where the second nearest of either is
more than 1.2 m away. This sees only what agrees within 1 m, so it flatters. *Tracks*: the same rule for the median distance of
two tracks in the 2 s before and after a moment, of which they share at least 2 s; then the distance at that moment counts,
however large it is. A median of either above 0.35 m makes the exit code 1.

*Identities*: `lab4_people.csv` says who is who in every second frame, by the middle of each view of the two who walk; it was
labelled by eye. The site-wide identities that association gives those views are compared with it: how many of a person's views
have the person's main identity, at how many moments all cameras agree, how many identities a person got (fragments), and how
many stand for both (merges).
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
sys.path.insert(0, str(ROOT))

from components.association.association import Association  # noqa: E402
from components.contracts import Detector, Frame, Locator, Moment, Needs, Pixels, Sampler, Sighting  # noqa: E402
from components.detectors.onnx import Onnx  # noqa: E402
from components.identity.unknown import Unknown  # noqa: E402
from components.line import Lane, follow  # noqa: E402
from components.locators.floor import Floor  # noqa: E402
from components.locators.smoothed import Smoothed  # noqa: E402
from components.reid.blind import Blind  # noqa: E402
from components.sources.video import Video  # noqa: E402
from components.trackers.byte import Byte  # noqa: E402

CAMERAS = ("cam0", "cam1", "cam2", "cam3")
BOUND = 0.35  # metres: the median distance between two views of one person
NEAR, CLEAR = 1.0, 1.2  # metres
MIDDLE = 40.0  # px between the middle of a box and its label
SHARED = 2.0  # seconds
FPS = 10

Place = tuple[float, float]


class Every:
    """Samples every `count`-th frame."""

    def __init__(self, count: int) -> None:
        self._count = count

    needs: Needs = "times"

    def keep(self, moment: Moment) -> bool:
        return round(moment.time * FPS / 1e9) % self._count == 0


class Beginning(Video):
    """The first `seconds` of a video."""

    seconds = 60.0

    def frames(self, sampler: Sampler, pixels: Pixels = "bgr") -> Iterator[Frame]:
        for frame in super().frames(sampler, pixels):
            if frame.time >= self.seconds * 1e9:
                return
            yield frame


class Kept:
    """A store in memory."""

    def __init__(self) -> None:
        self.sightings = list[Sighting]()

    def write(self, frame: Frame, sightings: Sequence[Sighting]) -> None:  # noqa: ARG002 - the contract's argument
        self.sightings += sightings


def locators() -> dict[str, Locator]:
    return {"floor": Floor(), "smooth": Smoothed(floor=Floor())}


def sightings(
    *, seconds: float = 60.0, every: int = 1, locator: str = "floor", detector: Detector | None = None
) -> list[Sighting]:
    """Everybody whom the four cameras see, each camera with tracks of its own, in order of time."""
    detector = detector or Onnx(str(DATA / "yolox_nano" / "yolox_nano.onnx"))
    lanes = {
        camera: Lane(
            source=_beginning(camera, seconds), sampling=Every(every), preprocessing=(), tracker=Byte(), identity=Unknown(),
            locator=locators()[locator],
        )
        for camera in CAMERAS
    }  # fmt: skip
    store = Kept()
    follow(lanes, detector=detector, reid=Blind(), store=store, batch_size=4)
    return store.sightings


def _beginning(camera: str, seconds: float) -> Beginning:
    folder = DATA / "lab4"
    video = Beginning(camera, uri=str(folder / f"{camera}.mp4"), calibration=str(folder / f"calib_{camera}.json"))
    video.seconds = seconds
    return video


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far apart two views put the same people."""

    distances: Mapping[tuple[str, str], Sequence[float]]  # metres, by cameras

    @property
    def all(self) -> np.ndarray:
        return np.array([each for some in self.distances.values() for each in some])

    def __str__(self) -> str:
        pairs = "  ".join(f"{a[-1]}-{b[-1]} {np.median(d):.2f} ({len(d)})" for (a, b), d in sorted(self.distances.items()) if d)
        values = self.all
        if not len(values):
            return "nobody was seen twice"
        return f"median {np.median(values):.3f} m  p90 {np.percentile(values, 90):.3f} m  of {len(values)}:  {pairs}"


def by_moment(seen: Sequence[Sighting]) -> Agreement:
    """Matched moment by moment; see above."""
    moments: dict[int, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for each in seen:
        moments[each.time][each.camera].append((each.x, each.y))
    distances: dict[tuple[str, str], list[float]] = {pair: [] for pair in combinations(CAMERAS, 2)}
    for views in moments.values():
        for (one, other), found in distances.items():
            apart = np.linalg.norm(np.array(views[one]).reshape(-1, 1, 2) - np.array(views[other]).reshape(1, -1, 2), axis=2)
            found += [apart[i, j] for i, j in matched(apart)]
    return Agreement(distances)


def by_track(seen: Sequence[Sighting]) -> Agreement:
    """Matched by what tracks do around each moment; see above."""
    walks: dict[str, dict[int, dict[int, Place]]] = defaultdict(lambda: defaultdict(dict))
    for each in seen:
        walks[each.camera][each.track][each.time] = (each.x, each.y)
    times = sorted({each.time for each in seen})
    distances: dict[tuple[str, str], list[float]] = {}
    for one, other in combinations(CAMERAS, 2):
        shared = {(a, b): _apart(walks[one][a], walks[other][b]) for a in walks[one] for b in walks[other]}
        distances[one, other] = [d for time in times for d in _at(time, shared)]
    return Agreement(distances)


def _at(time: int, shared: Mapping[tuple[int, int], Mapping[int, float]]) -> Iterator[float]:
    """Distances at `time` of the tracks that are the same person."""
    there = [pair for pair, apart in shared.items() if time in apart]
    rows, columns = (sorted({pair[side] for pair in there}) for side in (0, 1))
    medians = np.full((len(rows), len(columns)), np.inf)
    for a, b in there:
        around = [d for moment, d in shared[a, b].items() if abs(moment - time) <= SHARED * 1e9]
        if len(around) > SHARED * FPS:
            medians[rows.index(a), columns.index(b)] = np.median(around)
    for i, j in matched(medians):
        yield shared[rows[i], columns[j]][time]


def _apart(one: Mapping[int, Place], other: Mapping[int, Place]) -> dict[int, float]:
    """Metres between two walks at each moment that they share."""
    return {time: float(np.hypot(one[time][0] - other[time][0], one[time][1] - other[time][1])) for time in one if time in other}


def matched(apart: np.ndarray) -> Iterator[tuple[int, int]]:
    """Rows and columns that are each other's nearest within NEAR, with nobody else of either within CLEAR."""
    for i in range(apart.shape[0]):
        j = int(apart[i].argmin()) if apart.shape[1] else 0
        if not apart.shape[1] or apart[i, j] > NEAR or apart[:, j].argmin() != i:
            continue
        if (np.delete(apart[i], j) > CLEAR).all() and (np.delete(apart[:, j], i) > CLEAR).all():
            yield i, j


@dataclass(frozen=True, slots=True)
class Told:
    """What association made of the people who were labelled."""

    views: int
    right: int  # views with the main identity of their person
    moments: int  # of one person, seen by several cameras
    agreed: int  # of them, all views have one identity
    fragments: Mapping[str, int]  # identities beyond the first that a person had for at least half a second
    merges: int  # identities that stood for both people for at least half a second

    def __str__(self) -> str:
        parts = ", ".join(f"{person} {count}" for person, count in self.fragments.items())
        one = f"one identity in {self.agreed} of {self.moments} moments seen by several cameras"
        return f"{self.right} of {self.views} views have their person's identity; {one}; fragments {parts}; merges {self.merges}"


def told_apart(seen: Sequence[Sighting]) -> Told:
    """Site-wide identities of `seen` against the labels."""
    association = Association()
    positions = [
        position
        for moment, views in groupby(
            sorted(seen, key=lambda s: (s.time, s.camera, s.track)), key=lambda s: s.time // association.step
        )
        for position in association.see(moment * association.step, list(views))
    ] + association.close()
    identity = {(position.time, track): position.identity for position in positions for track in position.tracks}
    views = {(each.frame, each.camera): list[Sighting]() for each in seen}
    for each in seen:
        views[each.frame, each.camera].append(each)
    given: dict[tuple[int, str], list[str]] = defaultdict(list)
    for row in csv.DictReader((ROOT / "benchmarks" / "lab4_people.csv").open()):
        point = np.array([float(row["u"]), float(row["v"])])
        for each in views.get((int(row["frame"]), row["camera"]), ()):
            x1, y1, x2, y2 = each.box
            if np.hypot(*(point - ((x1 + x2) / 2, (y1 + y2) / 2))) < MIDDLE:
                moment = each.time // association.step * association.step
                given[int(row["frame"]), row["person"]].append(identity.get((moment, f"{each.camera}/{each.track}"), "none"))
                break
    people: dict[str, Counter[str]] = {person: Counter() for _, person in given}
    for (_, person), ids in given.items():
        people[person].update(ids)
    several = [ids for ids in given.values() if len(ids) > 1]
    lasting = {person: {id_ for id_, count in ids.items() if count >= 0.5 * FPS} for person, ids in people.items()}
    return Told(
        sum(ids.total() for ids in people.values()), sum(ids.most_common(1)[0][1] for ids in people.values()), len(several),
        sum(len(set(ids)) == 1 for ids in several), {person: len(ids) - 1 for person, ids in sorted(lasting.items())},
        len(set.intersection(*lasting.values())),
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--locator", choices=list(locators()), default="floor")
    parser.add_argument("--seconds", type=float, default=60.0)
    words = parser.parse_args()
    cv2.setNumThreads(1)
    seen = sightings(seconds=words.seconds, locator=words.locator)
    moments, tracks = by_moment(seen), by_track(seen)
    print(f"{len(seen)} sightings by {len({(s.camera, s.track) for s in seen})} tracks, onnxruntime {onnxruntime.__version__}")
    print(f"moments  {moments}\ntracks   {tracks}\nbound    median {BOUND} m")
    print(f"people   {told_apart(seen)}")
    good = all(len(each.all) and np.median(each.all) <= BOUND for each in (moments, tracks))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
