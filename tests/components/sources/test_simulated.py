from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import yaml

from components.contracts import Frame, InputError, Moment, Needs, Person, Zone
from components.plan import Plan
from components.sources.faults import Blackout, Blur, ClockDrift, ClockOffset, Dropped, Fault, Frozen, Knocked
from components.sources.simulated import CODE, Simulated
from components.sources.ward import SECOND, Ward

CAMERAS = ("bay_a", "bay_b", "corridor", "station")
ROOT = Path(__file__).resolve().parents[3]
FLEET = ROOT / "conf" / "fleet" / "simulated_ward.yaml"
PROGRAM = """
import hashlib, sys
sys.path.insert(0, "tests/components/sources")
import conftest, yaml
from components.contracts import Person
from components.sources.simulated import Simulated
from components.sources.ward import Ward
fleet = yaml.safe_load(conftest.FLEET.read_text())
spec = {**fleet["every_camera"], **fleet["cameras"]["station"], "width": 480, "height": 270, "seconds": 4.0}
del spec["_target_"]
spec["ward"] = Ward(spec["ward"]["seed"], staff=tuple(Person(**p) for p in fleet["staff"]), visitors=spec["ward"]["visitors"])
camera = Simulated("station", **spec)
class Last:
    needs = "times"
    def keep(self, moment): return moment.time == camera.claimed(camera.count - 1)
(frame,) = camera.frames(Last())
print(frame.segment, hashlib.sha256(frame.image.tobytes()).hexdigest(), frame.index)
"""
SMALL: dict[str, Any] = {"width": 480, "height": 270}


class Every:
    """Keeps every nth moment of a camera, counted from its first."""

    def __init__(self, nth: int = 1) -> None:
        self.nth, self.asked = nth, -1

    needs: Needs = "times"

    def keep(self, moment: Moment) -> bool:
        self.asked += 1
        return self.asked % self.nth == 0


class At:
    """Keeps one moment."""

    def __init__(self, time: int) -> None:
        self.time = time

    needs: Needs = "times"

    def keep(self, moment: Moment) -> bool:
        return moment.time == self.time


def _take(camera: Simulated, count: int, nth: int = 1) -> list[Frame]:
    return list(islice(camera.frames(Every(nth)), count))


def _same(one: Frame, other: Frame) -> bool:
    return one.time == other.time and np.array_equal(one.image, other.image)


def test_frames_say_where_they_come_from(simulated: Any) -> None:
    camera = simulated("station", seconds=2.0, fps=30.0, **SMALL)
    frames = _take(camera, 100, 10)
    assert [frame.index for frame in frames] == [0, 10, 20, 30, 40, 50]
    assert frames[1].time == camera.start + 333_333_000 and frames[1].segment_time == 333_333_000
    assert {frame.segment for frame in frames} == {camera.digest} and len(camera.digest) == 64
    assert frames[0].image.shape == (270, 480, 3) and frames[0].image.dtype == np.uint8
    assert np.array_equal(frames[0].to_native, np.eye(3)) and frames[0].camera is camera.camera


def test_what_the_sampler_drops_changes_nothing_and_is_not_rendered(simulated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = simulated("station", seconds=1.0, **SMALL)
    all_frames = _take(camera, 10)
    assert all(_same(one, other) for one, other in zip(all_frames[::3], _take(camera, 10, 3), strict=True))
    monkeypatch.setattr(camera, "picture", lambda native: pytest.fail(f"frame {native} was rendered"))
    assert not list(camera.frames(type("Never", (), {"needs": "times", "keep": lambda self, moment: False})()))


def test_the_world_does_not_depend_on_rate_or_start_or_resolution(simulated: Any) -> None:
    slow, fast = simulated("station", fps=5.0, **SMALL), simulated("station", fps=25.0, **SMALL)
    later = simulated("station", start="2026-03-02T10:00:02+00:00", **SMALL)
    moment = slow.start + 4 * SECOND
    for other in (fast, later):
        assert np.array_equal(slow.truth(moment).boxes, other.truth(moment).boxes)
        assert slow.truth(moment).people == other.truth(moment).people
    one, other = (next(camera.frames(At(moment))) for camera in (slow, later))
    assert np.array_equal(one.image, other.image)


def test_another_process_makes_the_same_frame(simulated: Any) -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    camera = simulated("station", seconds=4.0, **SMALL)
    frame = list(camera.frames(Every(39)))[-1]
    assert run.stdout.split() == [frame.segment, hashlib.sha256(frame.image.tobytes()).hexdigest(), str(frame.index)]


def test_cameras_overlap_and_agree_on_where_people_are(simulated: Any) -> None:
    corridor, station = simulated("corridor", **SMALL), simulated("station", **SMALL)
    shared = 0
    for second in range(0, 60, 5):
        one, other = (camera.truth(camera.start + second * SECOND) for camera in (corridor, station))
        places = [dict(zip(truth.people, truth.floor.tolist(), strict=True)) for truth in (one, other)]
        both = places[0].keys() & places[1].keys()
        assert all(places[0][person] == places[1][person] for person in both)
        shared += len(both)
    assert shared >= 10


@pytest.mark.parametrize("name", CAMERAS)
def test_every_camera_sees_people_of_a_useful_size(simulated: Any, name: str) -> None:
    camera = simulated(name, **SMALL)
    truths = [camera.truth(camera.start + second * SECOND) for second in range(0, 90, 5)]
    visible = [(truth.visibility > 0.3).sum() for truth in truths]
    assert 2.0 <= np.mean(visible) <= 6.0
    heights = np.concatenate([(truth.boxes[:, 3] - truth.boxes[:, 1])[truth.visibility > 0.3] for truth in truths])
    assert np.median(heights) > 270 / 8


@pytest.mark.parametrize("name", CAMERAS)
def test_the_registry_s_homography_puts_feet_where_people_stand(simulated: Any, name: str) -> None:
    camera = simulated(name, **SMALL)
    matrix = np.array(camera.camera.homography)
    for second in (3, 33):
        floor = camera.truth(camera.start + second * SECOND).floor
        pixels, _ = camera.pose.project(np.column_stack([floor, np.zeros(len(floor))]))
        back = np.column_stack([pixels, np.ones(len(floor))]) @ matrix.T
        assert np.hypot(*(back[:, :2] / back[:, 2:] - floor).T).max() < 0.01


def test_badges_can_be_read_in_whole_pictures(simulated: Any, ward: Ward) -> None:
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50), cv2.aruco.DetectorParameters())
    camera = simulated("station")
    badges = {actor.id: actor.badge for actor in ward.actors}
    right = wrong = 0
    for frame in camera.frames(Every(50)):
        ids = detector.detectMarkers(frame.image)[1]
        present = {badges[person] for person in camera.truth(frame.time).people}
        for badge in [] if ids is None else ids.ravel().tolist():
            right, wrong = right + (badge in present), wrong + (badge not in present)
    assert right >= 8 and wrong == 0


def test_a_recording_is_the_frames_that_the_camera_would_give(simulated: Any, tmp_path: Path) -> None:
    camera = simulated("station", seconds=3.0, start="2026-03-02T10:00:01+00:00", **SMALL)
    frames = _take(camera, 100)
    recordings = list(camera.record(tmp_path, 2.0))
    assert [recording.frames for recording in recordings] == [10, 20]  # cut at a multiple of two seconds
    assert recordings[0].end == recordings[1].start and recordings[1].end == camera.start + 3 * SECOND
    position = 0
    for recording in recordings:
        with av.open(str(recording.path)) as container:
            for picture, truth in zip(container.decode(video=0), recording.truth, strict=True):
                frame = frames[position]
                assert recording.start + round((picture.time or 0.0) * 1e9) == frame.time == truth.time
                assert np.abs(picture.to_ndarray(format="bgr24").astype(int) - frame.image).mean() < 5
                assert np.array_equal(truth.boxes, camera.truth(frame.time).boxes)
                position += 1
    assert position == len(frames) == 30


def test_recording_again_or_in_another_order_makes_the_same_bytes(simulated: Any, tmp_path: Path) -> None:
    camera = simulated("bay_a", seconds=2.0, **SMALL)
    first = [recording.path.read_bytes() for recording in camera.record(tmp_path / "a", 1.0)]
    again = simulated("bay_a", seconds=2.0, **SMALL)
    pieces = list(again.pieces(1.0))
    second = {piece.start: again.write(tmp_path / "b", piece).path.read_bytes() for piece in reversed(pieces)}
    assert first == [second[piece.start] for piece in pieces]


def test_leaving_a_recording_early_leaves_whole_pieces_only(simulated: Any, tmp_path: Path) -> None:
    recording = simulated("bay_a", seconds=3.0, **SMALL).record(tmp_path, 1.0)
    path = next(recording).path
    recording.close()
    assert list(tmp_path.iterdir()) == [path]


FAULTS: list[tuple[Fault, dict[str, bool]]] = [
    (Blur(after=0.5, sigma=3.0), {"sharp": False}),
    (Blackout(after=0.5), {"bright": False, "people": False}),
    (Frozen(after=0.5), {"moving": False}),
    (Knocked(after=0.5), {"posed": False}),
    (ClockOffset(after=0.5, seconds=1.0), {"punctual": False}),
    (ClockDrift(ppm=50_000.0), {"punctual": False}),
    (Dropped(after=0.5, share=0.5), {"complete": False}),
]


@pytest.mark.parametrize(("fault", "spoiled"), FAULTS, ids=lambda value: type(value).__name__)
def test_each_fault_has_its_effect_and_no_other(simulated: Any, fault: Fault, spoiled: dict[str, bool]) -> None:
    good, bad = (simulated("station", seconds=2.0, faults=faults, **SMALL) for faults in ((), (fault,)))
    assert good.camera == bad.camera  # the registry does not know
    frames, reference = _take(bad, 100), _take(good, 100)
    if not isinstance(fault, ClockDrift):
        truth = [np.array_equal(bad.truth(one.time).boxes, good.truth(one.time).boxes) for one in reference[:5]]
        assert all(truth) and all(one.time == other.time for one, other in zip(frames[:5], reference[:5], strict=True))
    last, expected = frames[-1].image, reference[-1].image
    state = {
        "sharp": cv2.Laplacian(last, cv2.CV_64F).var() > 0.5 * cv2.Laplacian(expected, cv2.CV_64F).var(),
        "bright": last.mean() > 0.8 * expected.mean(),
        "people": len(bad.truth(bad.start + 19 * SECOND // 10).people) > 0,
        "moving": not np.array_equal(frames[-1].image, frames[-2].image),
        "posed": np.abs(cv2.blur(last, (5, 5)).astype(int) - cv2.blur(expected, (5, 5))).mean() < 6 or last.mean() < 50,
        "punctual": frames[-1].time == reference[-1].time,
        "complete": len(frames) == len(reference),
    }
    ignored = {"sharp", "moving"} if isinstance(fault, Blackout) else set()
    expectation = {name: spoiled.get(name, True) for name in state}
    assert {k: bool(v) for k, v in state.items() if k not in ignored} == {
        k: v for k, v in expectation.items() if k not in ignored
    }


def test_a_clock_that_jumps_back_begins_a_new_piece(simulated: Any, tmp_path: Path) -> None:
    camera = simulated("station", seconds=2.0, faults=(ClockOffset(after=1.0, seconds=-0.5),), **SMALL)
    pieces = list(camera.pieces(60.0))
    assert [len(piece.frames) for piece in pieces] == [10, 10]
    assert pieces[1].start == camera.start + SECOND // 2
    recordings = list(camera.record(tmp_path, 60.0))
    assert [recording.start for recording in recordings] == [piece.start for piece in pieces]
    assert len({recording.path for recording in recordings}) == 2


def test_what_determines_the_pictures_determines_the_digest(simulated: Any, ward: Ward) -> None:
    other = Ward(ward.seed + 1, staff=ward.staff, visitors=ward.visitors)
    changes: list[dict[str, Any]] = [
        {},
        {"hfov": 80.0},
        {"fps": 9.0},
        {"ward": other},
        {"faults": (Blur(),)},
        {"faults": (Blur(sigma=2.0),)},
    ]
    assert len({simulated("bay_a", **change).digest for change in changes}) == len(changes)


def test_the_digest_covers_every_file_that_the_camera_is_made_of() -> None:
    room, known, waiting = ROOT / "components" / "sources", set(), {"simulated"}
    while waiting:
        known.add(name := waiting.pop())
        text = (room / f"{name}.py").read_text()
        found = set(re.findall(r"from components\.sources\.(\w+) import", text))
        found |= {word for line in re.findall(r"from components\.sources import (.+)", text) for word in line.split(", ")}
        waiting |= found - known
    assert known == set(CODE)


def test_the_footage_is_another_with_every_length(simulated: Any) -> None:
    short, long = simulated("bay_a", seconds=10), simulated("bay_a", seconds=20.0)
    assert short.digest == long.digest and short.footage != long.footage
    assert (short.total, long.total) == (100, 200)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": "tomorrow"}, "start is 'tomorrow'"),
        ({"start": "2026-03-02T10:00:00"}, "offset"),
        ({"fps": 0.0}, "fps is 0"),
        ({"seconds": -1.0}, "seconds"),
        ({"width": 961}, "even"),
    ],
)
def test_what_makes_no_sense_is_refused(simulated: Any, change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        simulated("bay_a", **change)


@pytest.mark.parametrize("name", ["bay_c", "bay_d", "corridor_east", "station_east"])
def test_in_the_second_wing_feet_are_where_the_truth_says(name: str, fleet: Any) -> None:
    wings = yaml.safe_load((FLEET.parent / "two_wings.yaml").read_text())
    spec = {**fleet["every_camera"], **wings["every_camera"], **wings["cameras"][name], **SMALL}
    del spec["_target_"]
    spec["ward"] = Ward(1, staff=tuple(Person(**person) for person in wings["staff"]), **wings["every_camera"]["ward"])
    camera = Simulated(name, **spec)
    assert camera.wing == 1
    matrix, gaps, places = np.array(camera.camera.homography), [], []
    for second in range(0, 120, 6):
        truth = camera.truth(camera.start + second * SECOND)
        whole = (truth.boxes[:, 3] < 268) & (truth.boxes[:, 0] > 2) & (truth.boxes[:, 2] < 478) & (truth.visibility > 0.9)
        feet = np.column_stack([truth.boxes[whole, ::2].mean(axis=1), truth.boxes[whole, 3], np.ones(whole.sum())]) @ matrix.T
        gaps += np.hypot(*(feet[:, :2] / feet[:, 2:] - truth.floor[whole]).T).tolist()
        places += truth.floor[truth.visibility > 0.3].tolist()
    assert len(gaps) >= 5 and np.median(gaps) < 0.3 and max(gaps) < 1.5
    zones = [Zone(**{**zone, "polygon": tuple(map(tuple, zone["polygon"]))}) for zone in wings["zones"]]
    there = Plan(zones).names(places)
    assert sum(zone == camera.camera.location for zone in there) > len(there) / 6
    assert min(x for x, _ in places) > 18.0, "what is seen is in the second wing or the lobby"


def test_cameras_of_both_wings_see_nobody_twice(fleet: Any) -> None:
    wings = yaml.safe_load((FLEET.parent / "two_wings.yaml").read_text())
    ward = Ward(1, staff=tuple(Person(**person) for person in wings["staff"]), **wings["every_camera"]["ward"])
    cameras = []
    for name, own in {**fleet["cameras"], **wings["cameras"]}.items():
        spec = {**fleet["every_camera"], **wings["every_camera"], **own, **SMALL, "ward": ward}
        del spec["_target_"]
        cameras.append(Simulated(name, **spec))
    assert sum(camera.wing for camera in cameras) == 4 and len(cameras) == 8
    for second in range(0, 60, 15):
        people: tuple[set[str], set[str]] = (set(), set())
        for camera in cameras:
            people[camera.wing].update(camera.truth(camera.start + second * SECOND).people)
        assert people[0] and people[1] and not people[0] & people[1]
