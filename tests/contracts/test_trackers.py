"""What every tracker must do."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

import numpy as np
import pytest
import yaml

from components.contracts import Camera, Detections, Frame, InputError, Tracker
from components.geometry import iou

ROOT = Path(__file__).resolve().parents[2]
NEEDY = ["strongsort"]  # go by appearance and by nothing else
CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
IMAGE = np.zeros((4, 4, 3), np.uint8)  # no tracker of ours looks at pixels
START, STEP = 1_772_445_600_000_000_000, 100_000_000
KINDS_OF_PEOPLE = np.eye(8, dtype=np.float32)  # features of people who look different

Moment = tuple[Frame, Detections]


def shipped() -> dict[str, Callable[..., Tracker]]:
    """Every tracker that there is a YAML for, with the settings of that YAML."""
    found = [*ROOT.glob("conf/tracker/*.yaml"), *ROOT.glob("plugins/*/conf/tracker/*.yaml")]
    return {path.stem: _made(yaml.safe_load(path.read_text())) for path in sorted(found, key=lambda path: path.stem)}


def _made(config: dict[str, object]) -> Callable[..., Tracker]:
    module, _, name = str(config.pop("_target_")).rpartition(".")
    return partial(getattr(import_module(module), name), **config)


KINDS = shipped()


def detections(boxes: object, scores: object = None) -> Detections:
    """People in these boxes, each with a look of their own."""
    where = np.asarray(boxes, np.float32).reshape(-1, 4)
    sure = np.full(len(where), 0.9, np.float32) if scores is None else np.asarray(scores, np.float32)
    return Detections(where, sure, np.zeros(len(where), np.int64), KINDS_OF_PEOPLE[: len(where)])


def walk(people: int, frames: int, *, seed: int = 0, step: int = STEP, start: int = START) -> Iterator[Moment]:
    """People who walk to the right on lanes of their own, in boxes of 40x100 with some jitter."""
    noise = np.random.default_rng(seed)
    for i in range(frames):
        left, top = 20.0 + 3 * i + 7 * np.arange(people), 150.0 * np.arange(people)
        boxes = np.stack([left, top, left + 40, top + 100], axis=1) + noise.normal(0, 0.5, (people, 4))
        yield Frame(CAMERA, start + i * step, i, "", i * step, IMAGE, np.eye(3)), detections(boxes)


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Callable[[], Tracker]:
    return KINDS[request.param]


def test_people_keep_their_ids(make: Callable[[], Tracker]) -> None:
    tracker = make()
    last = [tracker.update(*moment) for moment in walk(3, 40)][5:]
    assert all(len(tracks) == 3 for tracks in last)
    by_lane = [tuple(tracks.ids[np.argsort(tracks.boxes[:, 1])]) for tracks in last]
    assert len(set(by_lane)) == 1 and len(set(by_lane[0])) == 3


def test_boxes_follow_the_detections(make: Callable[[], Tracker]) -> None:
    tracker = make()
    for frame, found in walk(2, 30):
        tracks = tracker.update(frame, found)
    assert np.abs(np.sort(tracks.boxes, axis=0) - np.sort(found.boxes, axis=0)).max() < 4


def test_ids_are_whole_numbers_from_one_and_types_are_the_contracts(make: Callable[[], Tracker]) -> None:
    tracker = make()
    every = [tracker.update(*moment) for moment in walk(3, 20)]
    assert min(tracks.ids.min() for tracks in every if len(tracks)) == 1
    assert all((t.ids.dtype, t.boxes.dtype, t.scores.dtype) == (np.int64, np.float32, np.float32) for t in every)


def test_two_cameras_share_nothing(make: Callable[[], Tracker]) -> None:
    """Trackers that take turns give what each gives alone: no counter, no list, no filter of theirs is shared."""
    here, there = list(walk(3, 40, seed=1)), list(walk(2, 40, seed=2))
    alone = [[_plain(tracker.update(*m)) for m in moments] for tracker, moments in ((make(), here), (make(), there))]
    first, second = make(), make()
    turns = [(_plain(first.update(*a)), _plain(second.update(*b))) for a, b in zip(here, there, strict=True)]
    assert [a for a, _ in turns] == alone[0]
    assert [b for _, b in turns] == alone[1]


def test_nobody_is_no_problem(make: Callable[[], Tracker]) -> None:
    tracker = make()
    for frame, _ in walk(1, 10):
        nobody = tracker.update(frame, detections([]))
        assert (nobody.ids.shape, nobody.boxes.shape, nobody.scores.shape) == ((0,), (0, 4), (0,))


@pytest.mark.parametrize("score", [1.0, 1.0000001, 1.5])
def test_scores_are_between_0_and_1(make: Callable[[], Tracker], score: float) -> None:
    tracker = make()
    for frame, found in walk(1, 10):
        tracks = tracker.update(frame, replace(found, scores=np.full(1, score, np.float32)))
    assert tracks.scores.tolist() == [1.0]


def test_a_person_hidden_for_a_second_keeps_the_id(make: Callable[[], Tracker]) -> None:
    tracker, before, after = make(), -1, -2
    for i, (frame, found) in enumerate(walk(1, 40)):
        tracks = tracker.update(frame, detections([]) if 20 <= i < 30 else found)
        if i == 19:
            before = tracks.ids[0]
        if i == 39:
            after = tracks.ids[0]
    assert before == after


@pytest.mark.parametrize("step", [STEP // 2, STEP, 3 * STEP])
def test_memory_is_counted_in_seconds_at_any_rate(make: Callable[[], Tracker], step: int) -> None:
    """Somebody who stands still is remembered over 1 s without detections, and new after 5 s."""
    box, ids = detections([[100, 100, 140, 200]]), dict[int, set[int]]()
    for gap in (1, 5):
        tracker, seen = make(), set[int]()
        away = gap * 1_000_000_000 // step
        for i in range(20 + away + 20):
            frame = Frame(CAMERA, START + i * step, i, "", 0, IMAGE, np.eye(3))
            seen.update(tracker.update(frame, detections([]) if 20 <= i < 20 + away else box).ids.tolist())
        ids[gap] = seen
    assert (len(ids[1]), len(ids[5])) == (1, 2)


def test_after_a_gap_in_the_footage_everybody_is_new_and_no_id_comes_back(make: Callable[[], Tracker]) -> None:
    tracker = make()
    before = {i for moment in walk(3, 20) for i in tracker.update(*moment).ids.tolist()}
    after = {i for moment in walk(3, 20, start=START + 3600 * 10**9) for i in tracker.update(*moment).ids.tolist()}
    assert len(before) == len(after) == 3 and not before & after


def test_a_clock_that_stands_still_or_goes_back_is_survived(make: Callable[[], Tracker]) -> None:
    tracker = make()
    for i, (frame, found) in enumerate(walk(2, 30)):
        tracks = tracker.update(replace(frame, time=START - 10**9 if i == 15 else START if i == 16 else frame.time), found)
    assert len(tracks) == 2


def test_the_same_footage_gives_the_same_tracks(make: Callable[[], Tracker]) -> None:
    first, second = make(), make()
    assert [_plain(first.update(*m)) for m in walk(4, 40)] == [_plain(second.update(*m)) for m in walk(4, 40)]


def held(thing: object) -> int:
    """Bytes of everything that can be reached from it, code aside."""
    known, waiting, size = set[int](), [thing], 0
    while waiting:
        each = waiting.pop()
        if id(each) not in known and not isinstance(each, (type, FunctionType, ModuleType)):
            known.add(id(each))
            size += sys.getsizeof(each)
            waiting += gc.get_referents(each)
    return size


def test_memory_does_not_grow_and_no_id_comes_back(make: Callable[[], Tracker]) -> None:
    """While somebody stands there for good, and others come and go."""
    tracker, sizes, given = make(), list[int](), set[int]()
    for group in range(30):
        for i, (frame, found) in enumerate(walk(3, 11, step=6 * STEP, start=START + group * 66 * STEP, seed=group)):
            boxes = np.vstack([[[500, 500, 540, 600]], found.boxes if i < 5 else found.boxes[:0]])
            tracks = tracker.update(frame, detections(boxes))
            if i == 3:
                here = set(tracks.ids[tracks.boxes[:, 0] < 400].tolist())
                assert len(here) == 3 and not here & given
                given |= here
        if group % 10 == 9:
            sizes.append(held(tracker))
    assert sizes[2] - sizes[1] < 2_000, f"{sizes} bytes after 30, 60 and 90 people"


def test_features_of_the_detections_are_handed_on(make: Callable[[], Tracker]) -> None:
    tracker = make()
    for frame, found in walk(4, 20):
        tracks = tracker.update(frame, found)
        assert tracks.features.shape == (len(tracks), 8)
    nearest = iou(tracks.boxes, found.boxes).argmax(axis=1)
    assert len(tracks) == 4 and np.array_equal(tracks.features, found.features[nearest])


def test_without_features_it_goes_by_motion_or_says_what_it_needs(
    request: pytest.FixtureRequest, make: Callable[[], Tracker]
) -> None:
    def run() -> list[object]:
        tracker = make()
        return [tracker.update(frame, Detections(found.boxes, found.scores, found.labels)) for frame, found in walk(3, 20)]

    if request.node.callspec.params["make"] in NEEDY:
        with pytest.raises(InputError, match=r"reid=osnet"):
            run()
    else:
        last = run()[-1]
        assert (last.ids.shape, last.features.shape) == ((3,), (3, 0))  # type: ignore[attr-defined]


def test_boxes_without_an_area_are_nobody(make: Callable[[], Tracker]) -> None:
    tracker = make()
    for frame, found in walk(2, 20):
        boxes = np.vstack([[[7, 7, 7, 50]], found.boxes, [[90, 60, 120, 60]]])
        tracks = tracker.update(frame, detections(boxes))
    assert len(tracks) == 2 and set(tracks.features.argmax(axis=1).tolist()) == {1, 2}


def test_frames_may_be_empty_from_the_first_on(make: Callable[[], Tracker]) -> None:
    tracker = make()
    for i, (frame, found) in enumerate(walk(2, 30)):
        tracks = tracker.update(frame, detections([]) if i < 5 or i == 15 else found)
        assert i > 8 or len(tracks) < 3
    assert len(tracks) == 2


def test_a_misspelt_setting_is_refused(make: Callable[[], Tracker]) -> None:
    with pytest.raises(TypeError, match="lost_second"):
        make(lost_second=3)  # type: ignore[call-arg]


def test_settings_that_make_no_sense_are_refused(make: Callable[..., Tracker]) -> None:
    with pytest.raises(ValueError, match=r"tracker .*lost_seconds 0, expected more than 0"):
        make(lost_seconds=0)


def _plain(tracks: object) -> list[object]:
    return [tracks.ids.tolist(), tracks.boxes.tolist(), tracks.scores.tolist()]  # type: ignore[attr-defined]
