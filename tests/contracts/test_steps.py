"""What every preprocessing step must do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from components.contracts import Calibration, Camera, Detections, Frame, InputError, Rejected, Step
from components.geometry import transform_boxes
from components.pixels import native_points, picture_points
from components.preprocessing.areas import Areas
from components.preprocessing.chain import apply
from components.preprocessing.colour import FullRange, Space, WhiteBalance
from components.preprocessing.contrast import Brightness, Clahe, Gamma, Normalise
from components.preprocessing.corrupt import Corrupt
from components.preprocessing.crop import Crop
from components.preprocessing.deinterlace import Deinterlace
from components.preprocessing.denoise import Bilateral, Median, NonLocal, Temporal
from components.preprocessing.duplicates import Duplicate
from components.preprocessing.gates import Blurred, Dark, Frozen, Overexposed
from components.preprocessing.gray import Gray
from components.preprocessing.obstructed import Obstructed
from components.preprocessing.people import People
from components.preprocessing.planes import seen_thrice
from components.preprocessing.resize import Letterbox, Resize
from components.preprocessing.undistort import Undistort

EYE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
LENS = ((250.0, 0.0, 160.0), (0.0, 250.0, 90.0), (0.0, 0.0, 1.0))
CALIBRATION = Calibration(LENS, (-0.2, 0.05, 0.0, 0.0), EYE, (0.0, 0.0, 3.0), (320, 180))


class Somebody:
    """A detector that always sees one person in the middle."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        box = np.array([[100, 40, 140, 140]], np.float32)
        return [Detections(box, np.ones(1, np.float32), np.zeros(1, np.int64)) for _ in frames]


KEEP: dict[str, Callable[[], Step]] = {  # pixels stay where they are
    "gray": Gray, "clahe": Clahe, "brightness": Brightness, "gamma": Gamma, "normalise": Normalise, "white": WhiteBalance,
    "range": FullRange, "space": lambda: Space("lab"), "median": Median, "bilateral": Bilateral, "nonlocal": NonLocal,
    "temporal": Temporal, "deinterlace": Deinterlace, "areas": lambda: Areas({"cam": (((10, 10), (60, 10), (60, 60)),)}),
    "people": lambda: People(Somebody()), "dark": Dark, "overexposed": Overexposed, "blurred": Blurred, "frozen": Frozen,
    "corrupt": Corrupt, "obstructed": Obstructed, "duplicate": Duplicate, "resize": lambda: Resize(width=100, height=50),
}  # fmt: skip
MOVE: dict[str, Callable[[], Step]] = {  # the picture shows another part
    "crop": lambda: Crop(region=(0.1, 0.2, 0.8, 0.9)), "letterbox": lambda: Letterbox(width=100, height=100),
    "centred": lambda: Letterbox(width=90, height=200, place="centre"), "undistort": Undistort,
    "undistort_all": lambda: Undistort(keep="all"),
}  # fmt: skip
KINDS = KEEP | MOVE
SIZES = [(1, 1), (1, 2), (2, 1), (3, 5), (1, 641), (479, 1), (17, 31), (7, 8), (16, 16), (33, 480), (61, 643)]


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Callable[[], Step]:
    return KINDS[request.param]


@pytest.fixture(params=KEEP)
def keep(request: pytest.FixtureRequest) -> Callable[[], Step]:
    return KEEP[request.param]


@pytest.fixture
def frame() -> Frame:
    image = np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    to_native = np.array([[2.0, 0, 0.5], [0, 2.0, 0.5], [0, 0, 1]])  # the source has halved it already
    return Frame(Camera("cam", "", EYE, CALIBRATION), 5, 3, "abc", 4, image, to_native)


def test_a_good_frame_stays_a_frame(make: Callable[[], Step], frame: Frame) -> None:
    result = make()(replace(frame, quality={"known": 1.0}))
    assert isinstance(result, Frame)
    assert (result.image.dtype, result.image.ndim, result.image.shape[2]) == (np.uint8, 3, 3)
    assert (result.camera, result.time, result.index) == (frame.camera, 5, 3)
    assert (result.segment, result.segment_time) == ("abc", 4)
    assert result.quality["known"] == 1.0, "what others have measured stays"
    assert all(np.isfinite(value) for value in result.quality.values())


def test_the_whole_picture_is_still_the_whole_native_picture(keep: Callable[[], Step], frame: Frame) -> None:
    result = keep()(frame)
    assert isinstance(result, Frame)
    h, w = result.image.shape[:2]
    assert transform_boxes(result.to_native, [(0, 0, w, h)]) == pytest.approx(np.array([[0, 0, 320, 180]]))


def test_a_mark_in_the_picture_is_found_where_it_natively_is(make: Callable[[], Step], frame: Frame) -> None:
    """A bright spot at a native pixel shows at the pixel of the result that stands for it."""
    y, x = np.mgrid[0:90, 0:160]
    spot = np.exp(-((x - 60) ** 2 + (y - 50) ** 2) / 18)
    image = np.repeat((40 + 160 * spot)[..., None], 3, axis=2).astype(np.uint8)
    result = make()(replace(frame, image=image))
    if isinstance(result, Rejected) or make is KINDS["people"] or make is KINDS["space"]:
        return
    brightest = np.argwhere(result.image[..., 0] == result.image[..., 0].max()).mean(axis=0)
    at = picture_points(result, native_points(frame, [(60, 50)]))[0]
    pitch = 160 / result.image.shape[1]
    assert np.abs(at - brightest[::-1]).max() <= 1.5 / min(pitch, 1), "to_native and pixels disagree"


def test_the_frame_that_came_in_is_not_touched(make: Callable[[], Step], frame: Frame) -> None:
    image, to_native = frame.image.copy(), frame.to_native.copy()
    step = make()
    step(frame), step(replace(frame, time=10**8))
    assert (frame.image == image).all() and (frame.to_native == to_native).all()


def test_the_same_frames_give_the_same_bytes(make: Callable[[], Step], frame: Frame) -> None:
    again = replace(frame, time=10**8, image=frame.image[::-1])
    first, second = ([step(frame), step(again)] for step in (make(), make()))
    for one, other in zip(first, second, strict=True):
        assert type(one) is type(other) and one.quality == other.quality
        assert isinstance(one, Rejected) or (isinstance(other, Frame) and one.image.tobytes() == other.image.tobytes())


def test_one_camera_does_not_see_the_frames_of_another(make: Callable[[], Step], frame: Frame) -> None:
    here, there = make(), make()
    for _ in range(3):
        here(frame)
    assert isinstance(there(frame), Frame)


def test_a_colourless_view_gives_what_three_equal_planes_give(make: Callable[[], Step], frame: Frame) -> None:
    view = seen_thrice(frame.image[..., 0])
    assert not view.flags.writeable
    one = make()(replace(frame, image=view))
    other = make()(replace(frame, image=np.ascontiguousarray(view)))
    assert isinstance(one, Frame) and isinstance(other, Frame)
    assert one.image.shape == other.image.shape and np.abs(one.image.astype(int) - other.image).max() <= 1
    assert one.quality == pytest.approx(other.quality)


@pytest.mark.parametrize("layout", ["read_only", "part", "turned"])
def test_any_memory_layout_will_do(make: Callable[[], Step], frame: Frame, layout: str) -> None:
    image = {"part": np.repeat(frame.image, 2, axis=1)[:, ::2], "turned": frame.image[::-1, ::-1]}.get(layout, frame.image.copy())
    image.flags.writeable = False
    one, other = make()(replace(frame, image=image)), make()(replace(frame, image=np.ascontiguousarray(image)))
    assert isinstance(one, Frame) and isinstance(other, Frame) and (one.image == other.image).all()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pictures_of_any_size_and_content_are_worked_on_or_turned_away(make: Callable[[], Step], frame: Frame, size) -> None:
    noise = np.random.default_rng(sum(size))
    for level in ("noise", 0, 255):
        shape = (*size, 3)
        image = noise.integers(0, 256, shape, dtype=np.uint8) if level == "noise" else np.full(shape, level, np.uint8)
        step = make()
        for i in range(2):
            result = apply((step,), replace(frame, image=image, time=i * 10**8))
            assert isinstance(result, Frame | Rejected)
            assert all(np.isfinite(value) for value in result.quality.values())


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8, 3), np.uint16), np.zeros((8, 8, 3), np.float32), np.zeros((8, 8)), np.zeros((8, 8, 4), np.uint8),
        np.zeros((0, 8, 3), np.uint8), np.zeros((8, 8, 1), np.uint8), np.zeros((2, 8, 8, 3), np.uint8), None,
    ],
    ids=["16-bit", "float", "flat", "alpha", "empty", "one plane", "several", "none"],
)  # fmt: skip
def test_what_is_no_picture_is_refused_by_name(make: Callable[[], Step], frame: Frame, image) -> None:
    with pytest.raises(InputError, match=r"camera cam, time 5: the picture that camera gives is .*expected uint8"):
        apply((make(),), replace(frame, image=image))


def test_a_step_that_spoils_the_picture_is_named(frame: Frame) -> None:
    class Widen:
        def __call__(self, frame: Frame) -> Frame:
            return replace(frame, image=frame.image.astype(np.float64))

    with pytest.raises(InputError, match="the picture that Widen gives is float64"):
        apply((Widen(),), frame)
