"""What every preprocessing step must do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from components.contracts import Camera, Frame, Step
from components.geometry import transform_boxes
from components.preprocessing.contrast import Brightness, Clahe
from components.preprocessing.gates import Blurred, Dark, Frozen
from components.preprocessing.gray import Gray
from components.preprocessing.resize import Resize

KINDS: dict[str, Callable[[], Step]] = {
    "resize": lambda: Resize(width=100, height=50), "gray": Gray, "clahe": Clahe, "brightness": Brightness,
    "dark": Dark, "blurred": Blurred, "frozen": Frozen,
}  # fmt: skip


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Callable[[], Step]:
    return KINDS[request.param]


@pytest.fixture
def frame() -> Frame:
    image = np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    to_native = np.array([[2.0, 0, 0.5], [0, 2.0, 0.5], [0, 0, 1]])  # the source has halved it already
    return Frame(Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1))), 5, 3, "abc", 4, image, to_native)


def test_a_good_frame_stays_a_frame(make: Callable[[], Step], frame: Frame) -> None:
    result = make()(frame)
    assert isinstance(result, Frame)
    assert (result.image.dtype, result.image.ndim, result.image.shape[2]) == (np.uint8, 3, 3)
    assert (result.camera, result.time, result.index) == (frame.camera, 5, 3)
    assert (result.segment, result.segment_time) == ("abc", 4)


def test_the_whole_picture_is_still_the_whole_native_picture(make: Callable[[], Step], frame: Frame) -> None:
    result = make()(frame)
    assert isinstance(result, Frame)
    h, w = result.image.shape[:2]
    assert transform_boxes(result.to_native, [(0, 0, w, h)]) == pytest.approx(np.array([[0, 0, 320, 180]]))


def test_the_frame_that_came_in_is_not_touched(make: Callable[[], Step], frame: Frame) -> None:
    image, to_native = frame.image.copy(), frame.to_native.copy()
    make()(frame)
    assert (frame.image == image).all() and (frame.to_native == to_native).all()


def test_the_same_frame_gives_the_same_bytes(make: Callable[[], Step], frame: Frame) -> None:
    first, second = make()(frame), make()(frame)
    assert isinstance(first, Frame) and isinstance(second, Frame)
    assert first.image.tobytes() == second.image.tobytes()


def test_one_camera_does_not_see_the_frames_of_another(make: Callable[[], Step], frame: Frame) -> None:
    here, there = make(), make()
    for _ in range(3):
        here(frame)
    assert isinstance(there(frame), Frame)
