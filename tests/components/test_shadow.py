"""A challenger that is slow, broken or silly; what the champion says and when stays the same."""

import threading
import time

import numpy as np
import pytest

from components.contracts import Camera, Detections, Frame, Rejected
from components.preprocessing.beside import Beside
from components.shadow import Shadowed

CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def frame(i):
    return Frame(CAMERA, i, i, "", i, np.full((4, 6, 3), i, np.uint8), np.eye(3))


class Sees:
    """One person, as far to the right as the picture is bright."""

    def __init__(self, shift=0.0, until=None):
        self.shift, self.until, self.asked = shift, until, []

    def detect(self, frames):
        self.asked += frames
        if self.until is not None and len(self.asked) > self.until:
            raise RuntimeError("out of ideas")
        boxes = [float(each.image[0, 0, 0]) + self.shift for each in frames]
        return [
            Detections(np.array([[x, 0, x + 9, 9]], np.float32), np.ones(1, np.float32), np.zeros(1, np.int64)) for x in boxes
        ]


def shadowed(challenger, *, most=2, waits=True, note=None, build=None):
    looks = []
    return Shadowed(Sees(), build=build or (lambda: challenger), note=note or looks.append, most=most, waits=waits), looks


def walk(both, frames=10):
    return [found for i in range(0, frames, 2) for found in both.detect([frame(i), frame(i + 1)])]


def test_both_see_the_very_same_frames_and_the_champion_is_heard():
    challenger = Sees(shift=1)
    both, looks = shadowed(challenger)
    found = walk(both)
    both.close()
    assert [each.boxes[0, 0] for each in found] == list(range(10))
    assert [look.frame.index for look in looks] == [each.index for each in challenger.asked] == list(range(10))
    assert all(look.challenger.boxes[0, 0] == look.champion.boxes[0, 0] + 1 for look in looks)
    assert (both.seen, both.dropped, both.problem) == (10, 0, "")
    assert both.detect([]) == []


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("broken", ["challenger", "note", "build"])
def test_whatever_breaks_the_champion_goes_on(waits, broken):
    def fails(*_):
        raise ValueError("no weights")

    both, _ = shadowed(
        Sees(until=4 if broken == "challenger" else None), waits=waits, most=1,
        note=fails if broken == "note" else None, build=fails if broken == "build" else None,
    )  # fmt: skip
    end = time.monotonic() + 5
    while not both.problem and time.monotonic() < end:
        assert [each.boxes[0, 0] for each in walk(both)] == list(range(10))
    both.close()
    assert "the challenger ended after" in both.problem and ("no weights" in both.problem or "out of ideas" in both.problem)


def test_cameras_at_work_wait_for_nobody_and_what_is_missed_is_counted():
    gate = threading.Event()

    class Stuck(Sees):
        def detect(self, frames):
            gate.wait(30)
            return super().detect(frames)

    both, looks = shadowed(Stuck(), most=2, waits=False)
    began = time.monotonic()
    assert len(walk(both, 40)) == 40
    assert time.monotonic() - began < 5
    gate.set()
    both.close()
    assert both.dropped >= 30 and both.seen == len(looks) == 40 - both.dropped
    assert not both.problem


def test_footage_waits_so_that_nothing_is_missed():
    class Slow(Sees):
        def detect(self, frames):
            time.sleep(0.01)
            return super().detect(frames)

    both, looks = shadowed(Slow(), most=1, waits=True)
    walk(both, 20)
    both.close()
    assert (both.dropped, len(looks)) == (0, 20)


def test_each_sees_frames_through_its_own_chain():
    def brighter(shown):
        return Frame(CAMERA, shown.time, shown.index, "", 0, shown.image + 100, np.eye(3))

    def picky(shown):
        return Rejected("odd") if shown.index % 2 else brighter(shown)

    step = Beside((lambda shown: shown,), others=(picky,))
    both, looks = shadowed(Sees())
    both.detect([step(frame(i)) for i in range(4)])
    both.close()
    assert [look.champion.boxes[0, 0] for look in looks] == [0, 1, 2, 3]
    assert [look.challenger and look.challenger.boxes[0, 0] for look in looks] == [100, None, 102, None]
