"""Cameras that are slow, dead, broken or too quick, each in a thread of its own, in front of a detector that takes its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count

import numpy as np
import pytest

from components import live
from components.contracts import Camera, Detections, Frame, Identities, InputError, Pixels, Places, Sampler, Sighting, Tracks
from components.line import Lane
from components.live import Watch, Watches, follow_live
from components.reid.blind import Blind
from components.samplers.every import Every

EYE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
Deed = Callable[[], None]


class Camera_:
    """Delivers `frames` pictures at `fps`, carrying the time of this moment; does `then` when they are over."""

    live, footage, total, skipped, problem, expected = True, "0" * 64, 0, 0, "", 5.0

    def __init__(self, name: str, fps: float, frames: int, then: Deed = lambda: None) -> None:
        self.camera, self._period, self._frames, self._then = Camera(name, "", EYE), 1 / fps, frames, then
        self.delivered = self.packets = 0

    def frames(self, sampler: Sampler, pixels: Pixels = "bgr") -> Iterator[Frame]:
        begun = time.monotonic()
        for number in range(self._frames):
            time.sleep(max(0.0, begun + number * self._period - time.monotonic()))
            self.delivered = self.packets = self.delivered + 1
            yield Frame(self.camera, time.time_ns(), number, "5" * 64, 0, np.zeros((8, 8, 3), np.uint8), np.eye(3))
        self._then()


class Slow:
    """Finds one person in every frame after `seconds`; cannot bear the frames of `unloved`."""

    def __init__(self, seconds: float = 0.0, unloved: str = "") -> None:
        self.seconds, self.unloved, self.sizes = seconds, unloved, list[int]()

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        self.sizes.append(len(frames))
        time.sleep(self.seconds)
        if any(frame.camera.id == self.unloved for frame in frames):
            raise RuntimeError("the model is gone")
        return [Detections(np.zeros((1, 4), np.float32), np.ones(1, np.float32), np.zeros(1, np.int64)) for _ in frames]


class Rest:
    """Tracker, identifier and locator of one camera."""

    def __init__(self) -> None:
        self.ids = count(1)

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        return Tracks(np.array([next(self.ids)]), detections.boxes, detections.scores)

    def identify(self, frame: Frame, tracks: Tracks) -> Identities:
        return Identities(("unknown",), ("unknown",), np.zeros(1, np.float32))

    def locate(self, frame: Frame, tracks: Tracks) -> Places:
        return Places(np.zeros((1, 2)), np.zeros(1), ("unknown",))


class Kept:
    """A store in memory that notes how old each frame was."""

    def __init__(self) -> None:
        self.ages: dict[str, list[float]] = {}
        self.tracks: list[int] = []

    def write(self, frame: Frame, sightings: Sequence[Sighting]) -> None:
        self.tracks += [sighting.track for sighting in sightings]
        self.ages.setdefault(frame.camera.id, []).append((time.time_ns() - frame.time) / 1e9)


def _follow(
    *cameras: Camera_, detector: Slow | None = None, seconds: float = 20.0, stop: threading.Event | None = None, **words
) -> tuple[dict[str, Watch], Kept]:
    lanes = {camera.camera.id: Lane(camera, Every(), (), rest, rest, rest) for camera in cameras for rest in [Rest()]}
    stop, store = stop or threading.Event(), Kept()
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    try:
        watches = follow_live(lanes, detector=detector or Slow(), reid=Blind(), store=store, stop=stop, **words)
    finally:
        timer.cancel()
        timer.join()
    return watches, store


def test_a_detector_that_cannot_keep_up_sees_the_newest_frame_and_the_rest_is_counted() -> None:
    quick = Camera_("quick", 100, 150)
    watches, store = _follow(quick, detector=Slow(0.1))
    seen = watches["quick"]
    assert seen.frames + seen.dropped == quick.delivered == 150
    assert 8 <= seen.frames <= 20
    assert np.median(store.ages["quick"]) < 0.2  # the detector's time, and no queue


def test_frames_of_several_cameras_go_through_the_detector_together_and_nobody_is_left_out() -> None:
    cameras = [Camera_(f"cam{n}", 50, 50) for n in range(6)]
    detector = Slow(0.05)
    watches, _ = _follow(*cameras, detector=detector, batch_size=3)
    assert max(detector.sizes) == 3
    frames = [watch.frames for watch in watches.values()]
    assert min(frames) >= 5 and max(frames) - min(frames) <= 3


def test_dead_and_broken_cameras_hold_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AGAIN", 0.05)
    monkeypatch.setattr(live, "LEAVING", 0.2)
    gone, stop = threading.Event(), threading.Event()

    def breaks() -> None:
        raise InputError("broken: no power")

    def over() -> None:
        time.sleep(0.5)  # in which its last picture is looked at
        stop.set()

    dead, broken, good = Camera_("dead", 10, 1, gone.wait), Camera_("broken", 10, 1, breaks), Camera_("good", 20, 30, over)
    watches, store = _follow(dead, broken, good, stop=stop)
    gone.set()
    assert len(store.ages["good"]) + watches["good"].dropped == 30 and len(store.ages["good"]) >= 15
    assert watches["broken"].trouble == "broken: no power" and watches["broken"].frames > 1  # it was asked again
    assert watches["dead"].frames == 1 and watches["good"].trouble == ""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_fails_on_the_way_is_said_and_the_walk_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    watches, store = _follow(Camera_("unloved", 20, 10), Camera_("good", 20, 10), detector=Slow(unloved="unloved"), batch_size=1)
    assert watches["unloved"].trouble == "unexpected RuntimeError: the model is gone"
    assert len(store.ages["good"]) + watches["good"].dropped == 10
    assert caplog.text.count("unexpected RuntimeError") == 1, "ten times the same is said once"


def test_reports_go_on_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "REPORTS", 0.1)
    calls = list[int]()

    def report(watches: dict[str, Watch]) -> None:
        calls.append(watches["cam"].frames)
        if len(calls) == 1:
            raise InputError("database is away")

    _follow(Camera_("cam", 20, 16), report=report)
    assert len(calls) >= 3 and calls[-1] > calls[0]


def test_it_ends_when_told_and_waits_for_no_camera_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LEAVING", 0.3)
    gone = threading.Event()
    began = time.monotonic()
    _follow(Camera_("hangs", 10, 0, gone.wait), seconds=0.3)
    gone.set()
    assert time.monotonic() - began < 3


def test_a_walk_after_another_gives_none_of_its_ids_again() -> None:
    _, store = _follow(Camera_("cam", 50, 4), first_track=1000)
    assert store.tracks and store.tracks == list(range(1001, 1001 + len(store.tracks)))


def test_cameras_come_go_and_change_while_the_others_are_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "REPORTS", 0.1)
    cameras = {name: Camera_(name, 20, 10_000) for name in ("stays", "changes", "goes")}
    new, changed, stop = Camera_("new", 20, 10_000), Camera_("changes", 20, 10_000), threading.Event()
    shown: list[set[str]] = []

    def lane(source: Camera_) -> Lane:
        rest = Rest()
        return Lane(source, Every(), (), rest, rest, rest)

    def changes() -> dict[str, Lane | None]:
        if len(shown) < 3 or new.delivered:
            return {}
        return {"new": lane(new), "changes": lane(changed), "goes": None}

    def report(watches: Watches) -> None:
        shown.append({name for name, watch in watches.items() if not watch.gone})
        if changed.delivered > 5 and new.delivered > 5:
            stop.set()

    watches, store = _follow(*cameras.values(), stop=stop, report=report, changes=changes)
    assert stop.is_set() and shown[0] == set(cameras) and shown[-1] == {"stays", "changes", "new"}
    assert watches["goes"].gone and watches["new"].frames and watches["stays"].frames > watches["new"].frames
    assert watches["changes"].frames > changed.delivered > 5, "what it was and what it is"
    after = cameras["goes"].delivered
    time.sleep(0.2)
    assert cameras["goes"].delivered <= after + 1, "nobody reads it any more"
    assert any(track > live.AFTER for track in store.tracks), "tracks of one that is changed are others"
