"""Detector, tracker and location together on a real camera, against what its ground truth says."""

from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from components.contracts import Camera, Frame
from components.detectors.hog import Hog
from components.detectors.onnx import Onnx
from components.evaluation.tracks import Boxes, Scene, evaluate_tracks
from components.labels.mot import read_mot
from components.locators.floor import Floor
from components.trackers.byte import Byte
from plugins.boxmot.botsort import BotSort
from plugins.boxmot.bytetrack import ByteTrack
from plugins.boxmot.hybridsort import HybridSort
from plugins.boxmot.occluboost import OccluBoost
from plugins.boxmot.ocsort import OcSort

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
FOLDER = DATA / "PETS09-S2L1"
RATE = 7


def frames():
    matrix = np.loadtxt(FOLDER / "homography_image_to_ground.txt")
    camera, capture = Camera("cam", "", tuple(map(tuple, matrix.tolist()))), cv2.VideoCapture(str(FOLDER / "vtest.avi"))
    for index in count():
        read, image = capture.read()
        if not read:
            return
        yield Frame(camera, index * 10**9 // RATE, index, "", 0, image, np.eye(3))


@pytest.fixture(scope="module")
def found():
    """Every frame, without its pixels, with what YOLOX-nano finds in it."""
    weights = DATA / "yolox_nano" / "yolox_nano.onnx"
    if not FOLDER.is_dir() or not weights.is_file():
        pytest.skip(f"needs real footage and a network in {DATA}, which are not part of the project")
    return watched(frames(), Onnx(str(weights)))


def watched(footage, detector):
    return [
        (replace(frame, image=np.broadcast_to(np.uint8(0), frame.image.shape)), detector.detect([frame])[0]) for frame in footage
    ]


def figures(moments, tracker):
    columns, locator = [], Floor()
    for frame, detections in moments:
        tracks = tracker.update(frame, detections)
        columns.append((np.full(len(tracks), frame.index), tracks.ids, tracks.boxes, locator.locate(frame, tracks).floor))
    tracked = [np.concatenate(column) for column in zip(*columns, strict=True)]
    truth = Boxes.of_truth(read_mot(FOLDER / "gt" / "gt.txt", frames=795, size=(768, 576)))
    scene = Scene(Boxes(*tracked, np.zeros(len(tracked[0]), np.bool_)), truth, [frame.index for frame, _ in moments])
    return evaluate_tracks({"cam": scene}).overall


def test_bytetrack_holds_its_bounds(found):
    seen = figures(found, ByteTrack())
    assert (seen.frames, seen.people) == (795, 4476)
    assert seen.mota >= 0.75 and seen.idf1 >= 0.60
    assert seen.position_error_m_median <= 0.35


def test_bytetrack_holds_at_half_the_rate(found):
    seen = figures(found[::2], ByteTrack())
    assert seen.mota >= 0.70 and seen.idf1 >= 0.55


@pytest.mark.parametrize("tracker", [OcSort, BotSort, HybridSort, OccluBoost, Byte])
def test_the_other_trackers_are_of_use_too(found, tracker):
    seen = figures(found, tracker())
    assert seen.mota >= 0.60 and seen.idf1 >= 0.45
    assert seen.position_error_m_median <= 0.35


def test_hog_holds_its_bound(found):
    """On the first 30 frames, as it is slow; `benchmarks/real_footage.py` has the whole."""
    seen = figures(watched(islice(frames(), 30), Hog()), ByteTrack())
    assert seen.mota >= 0.35
