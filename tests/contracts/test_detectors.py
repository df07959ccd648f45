"""What every detector must do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from components.contracts import PERSON, Camera, Detector, Frame
from components.detectors.hog import Hog
from components.detectors.onnx import Onnx
from components.geometry import iou
from components.preprocessing.resize import Resize

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
YOLOX = DATA / "yolox_nano" / "yolox_nano.onnx"
KINDS: dict[str, Callable[[], Detector]] = {
    "hog": Hog,
    "onnx": lambda: Onnx(str(YOLOX)),
    "openvino": lambda: Onnx(str(YOLOX), runtime="openvino"),
}


@pytest.fixture(params=KINDS)
def detector(request: pytest.FixtureRequest) -> Detector:
    if request.param != "hog" and not YOLOX.is_file():
        pytest.skip(f"needs the network {YOLOX}, which is not part of the project")
    return KINDS[request.param]()


@pytest.fixture
def frames(pets: Path) -> list[Frame]:
    """Three frames of a real camera, in different sizes."""
    capture, camera = cv2.VideoCapture(str(pets / "vtest.avi")), Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    images = [np.asarray(capture.read()[1], np.uint8) for _ in range(3)]
    whole = [Frame(camera, i, i, "", i, image, np.eye(3)) for i, image in enumerate(images)]
    return [whole[0], Resize(width=512)(whole[1]), whole[2]]


def test_one_answer_for_each_frame_as_if_it_were_alone(detector: Detector, frames: list[Frame]) -> None:
    together, alone = detector.detect(frames), [detector.detect([frame])[0] for frame in frames]
    assert len(together) == 3
    for one, other in zip(together, alone, strict=True):
        assert one.boxes == pytest.approx(other.boxes, abs=0.01) and one.scores == pytest.approx(other.scores, abs=1e-4)


def test_no_frames_no_answers(detector: Detector) -> None:
    assert detector.detect([]) == []


def test_boxes_are_native_pixels_and_scores_are_shares(detector: Detector, frames: list[Frame]) -> None:
    for found in detector.detect(frames):
        assert (found.boxes.dtype, found.scores.dtype, found.labels.dtype) == (np.float32, np.float32, np.int64)
        assert len(found) > 3 and (found.labels == PERSON).all()
        assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()
        assert (found.boxes >= 0).all() and (found.boxes <= (768.01, 576.01, 768.01, 576.01)).all()
        assert (found.scores > 0).all() and (found.scores <= 1).all()
        assert (np.diff(found.scores) <= 0).all(), "best first"


def test_a_smaller_picture_of_the_same_moment_shows_the_same_people(detector: Detector, frames: list[Frame]) -> None:
    native = frames[0]
    small = Resize(width=640)(native)
    sure = [found.boxes[found.scores > 0.8] for found in detector.detect([native, small])]
    assert len(sure[0]) >= 2
    assert (iou(sure[0], detector.detect([small])[0].boxes).max(axis=1) > 0.6).mean() > 0.7


def test_an_empty_picture_has_nobody_in_it(detector: Detector, frames: list[Frame]) -> None:
    empty = Frame(frames[0].camera, 0, 0, "", 0, np.full((240, 320, 3), 127, np.uint8), np.eye(3))
    (found,) = detector.detect([empty])
    assert not (found.scores > 0.5).any()
