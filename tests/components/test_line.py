"""Small rooms, real ones: two or three cameras of a few frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
import pytest

from components.contracts import (
    Camera,
    Detections,
    Frame,
    Identities,
    InputError,
    Moment,
    Pixels,
    Places,
    Rejected,
    Sighting,
    Tracks,
)
from components.line import Lane, Tally, follow
from components.reid.blind import Blind
from components.samplers.every import Every

MS = 1_000_000


class Source:
    """Frames at these milliseconds; fails with `problem` when they are over."""

    footage = "0" * 64

    def __init__(self, camera: str, times: Sequence[int], problem: str = "", total: int | None = None) -> None:
        self.camera, self.times, self.problem = Camera(camera, "", ((1, 0, 0), (0, 1, 0), (0, 0, 1))), times, problem
        self.total = len(times) if total is None else total

    def frames(self, sampler: Any, pixels: Pixels = "bgr") -> Iterator[Frame]:
        for n, time in enumerate(self.times):
            if sampler.keep(Moment(self.camera.id, time * MS)):
                yield Frame(self.camera, time * MS, n, "5" * 64, time * MS, np.zeros((8, 8, 3), np.uint8), np.eye(3))
        if self.problem:
            raise InputError(self.problem)


class Odd:
    """Drops frames of odd number."""

    def __call__(self, frame: Frame) -> Frame | Rejected:
        return Rejected("odd") if frame.index % 2 else frame


class One:
    """Sees one person in every frame, and remembers what it was asked."""

    def __init__(self) -> None:
        self.batches: list[list[tuple[str, int]]] = []

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        self.batches.append([(frame.camera.id, frame.time // MS) for frame in frames])
        boxes = [np.array([[0, 0, 1, frame.time // MS]], np.float32) for frame in frames]
        return [Detections(box, np.full(1, 0.5, np.float32), np.zeros(1, np.int64)) for box in boxes]


class Counting:
    """A new identity in every frame, counted by this instance; knows which camera it belongs to."""

    def __init__(self) -> None:
        self.ids, self.cameras = count(1), set[str]()

    def update(self, frame: Frame, detections: Detections) -> Tracks:
        self.cameras.add(frame.camera.id)
        return Tracks(np.array([next(self.ids)]), detections.boxes, detections.scores)

    def identify(self, frame: Frame, tracks: Tracks) -> Identities:
        return Identities((f"person of {frame.camera.id}",), ("nurse",), np.array([0.25], np.float32))

    def locate(self, frame: Frame, tracks: Tracks) -> Places:
        return Places(np.array([[1.5, frame.index]]), np.array([0.125]), ("corridor",))


class Kept:
    """A store in memory."""

    def __init__(self) -> None:
        self.rows: list[tuple[Frame, list[Sighting]]] = []

    def write(self, frame: Frame, sightings: Sequence[Sighting]) -> None:
        self.rows.append((frame, list(sightings)))


def _lanes(*sources: Source, steps: tuple[Any, ...] = ()) -> dict[str, Lane]:
    rooms = [Counting() for _ in sources]
    return {source.camera.id: Lane(source, Every(), steps, room, room, room) for source, room in zip(sources, rooms, strict=True)}


def _follow(lanes: dict[str, Lane], **words: Any) -> tuple[dict[str, Tally], One, Kept]:
    detector, store = One(), Kept()
    return follow(lanes, detector=detector, reid=Blind(), store=store, **words), detector, store


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_frames_of_all_cameras_go_in_order_of_time_in_full_batches(size: int) -> None:
    lanes = _lanes(Source("a", [0, 40, 80]), Source("b", [10, 20, 90]), Source("c", [5]))
    _, detector, store = _follow(lanes, batch_size=size)
    order = [("a", 0), ("c", 5), ("b", 10), ("b", 20), ("a", 40), ("a", 80), ("b", 90)]
    assert [item for batch in detector.batches for item in batch] == order
    assert [(frame.camera.id, frame.time // MS) for frame, _ in store.rows] == order
    assert all(len(batch) == size for batch in detector.batches[:-1])


def test_a_dead_lane_does_not_stop_the_others() -> None:
    lanes = _lanes(Source("a", [0, 40], "a.mp4 is damaged"), Source("b", [10, 50, 90, 130]), Source("c", [], "c does not exist"))
    tallies, _, store = _follow(lanes, batch_size=2)
    assert {name: (tally.frames, tally.problem) for name, tally in tallies.items()} == {
        "a": (2, "a.mp4 is damaged"), "b": (4, ""), "c": (0, "c does not exist"),
    }  # fmt: skip
    assert len(store.rows) == 6


def test_each_camera_has_a_tracker_of_its_own() -> None:
    lanes = _lanes(Source("a", [0, 40, 80]), Source("b", [10, 50]))
    _, _, store = _follow(lanes)
    ids = {name: [row.track for frame, rows in store.rows for row in rows if row.camera == name] for name in lanes}
    assert ids == {"a": [1, 2, 3], "b": [1, 2]}
    assert [lane.tracker.cameras for lane in lanes.values()] == [{"a"}, {"b"}]


def test_rejected_frames_are_counted_and_go_no_further() -> None:
    tallies, detector, store = _follow(_lanes(Source("a", [0, 40, 80, 120]), Source("b", [10]), steps=(Odd(),)))
    assert (tallies["a"].frames, dict(tallies["a"].rejected)) == (2, {"odd": 2})
    assert (tallies["a"].first, tallies["a"].last) == (0, 120 * MS)
    assert (tallies["b"].frames, dict(tallies["b"].rejected)) == (1, {})
    assert [frame.index for frame, _ in store.rows if frame.camera.id == "a"] == [0, 2]
    assert sum(map(len, detector.batches)) == 3


def test_a_sighting_holds_what_every_room_has_said() -> None:
    _, _, store = _follow(_lanes(Source("a", [7, 40])))
    frame, (sighting,) = store.rows[1]
    assert sighting == Sighting(
        "a", frame.camera.version, 2, 40 * MS, 1, "5" * 64, 40 * MS, "person of a", 0.25, "nurse", 1.5, 1.0, 0.125,
        "corridor", (0.0, 0.0, 1.0, 40.0), 0.5,
    )  # fmt: skip


def test_progress_reaches_the_end_and_never_goes_beyond() -> None:
    seen: list[tuple[int, int]] = []
    _follow(_lanes(Source("a", [0, 40, 80]), Source("b", [10, 50])), batch_size=2, progress=lambda *now: seen.append(now))
    assert seen == [(2, 5), (4, 5), (5, 5)]
    seen.clear()
    _follow(_lanes(Source("a", [0, 40], total=0)), batch_size=1, progress=lambda *now: seen.append(now))
    assert seen == [(1, 0), (2, 0)]


def test_an_error_that_is_not_about_input_is_not_swallowed() -> None:
    class Broken:
        def __call__(self, frame: Frame) -> Frame:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _follow(_lanes(Source("a", [0]), steps=(Broken(),)))
