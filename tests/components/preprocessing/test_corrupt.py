from dataclasses import replace

import cv2
import numpy as np
import pytest

from components.contracts import Frame, InputError, Rejected
from components.preprocessing.corrupt import Corrupt


def reason(result):
    return result.reason if isinstance(result, Rejected) else None


@pytest.fixture
def scene():
    """Something smooth with noise and slanting edges, 640x480."""
    y, x = np.mgrid[:480, :640].astype(np.float64)
    waves = 120 + 50 * np.sin(x / 37 + y / 90) + 30 * np.sin(y / 23) + 60 * ((x + 2 * y) % 210 < 70)
    noise = np.random.default_rng(0).normal(0, 3, (480, 640, 3))
    return np.clip(waves[..., None] + noise, 0, 255).astype(np.uint8)


def test_a_whole_picture_passes_and_is_measured(scene, frame_of):
    result = Corrupt()(frame_of(scene))
    assert isinstance(result, Frame) and set(result.quality) == {"seams", "filled", "smeared"}
    assert result.quality["seams"] < 0.001 and result.quality["filled"] == 0


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_misplaced_blocks_are_seen(scene, frame_of, share):
    noise = np.random.default_rng(1)
    for block in noise.choice(40 * 30, round(share * 1200), replace=False):
        y, x = divmod(int(block), 40)
        scene[16 * y : 16 * y + 16, 16 * x : 16 * x + 16] = noise.integers(0, 256, 3)
    assert reason(Corrupt()(frame_of(scene))) == "corrupt"


@pytest.mark.parametrize("colour", [(128, 128, 128), (126, 126, 126), (130, 130, 130), (0, 135, 0), (0, 77, 0)], ids=str)
def test_the_filling_of_a_decoder_is_seen(scene, frame_of, colour):
    scene[300:] = colour
    assert reason(Corrupt()(frame_of(scene))) == "corrupt"


def test_a_grey_wall_is_no_filling(scene, frame_of):
    """Also where a codec has made its blocks flat, each at a level of its own."""
    noise = np.random.default_rng(1)
    scene[240:] = noise.integers(125, 133, (30, 80, 1)).repeat(8, axis=0).repeat(8, axis=1)
    assert isinstance(Corrupt()(frame_of(scene)), Frame)


def test_smeared_lines_are_seen(scene, frame_of):
    scene[300:] = scene[300]
    assert reason(Corrupt()(frame_of(scene))) == "corrupt"


def test_a_source_may_know_better(scene, frame_of):
    assert reason(Corrupt()(replace(frame_of(scene), quality={"damaged": 1.0}))) == "corrupt"


def test_the_edges_of_things_are_no_seams(picture, frame_of):
    """A chessboard of 12 px; and a door frame that stands on the very grid of the codec, over the whole height."""
    assert isinstance(Corrupt()(frame_of(picture)), Frame)


def test_a_door_on_the_grid_is_no_seam(scene, frame_of):
    scene[:, 160:288] = 220
    scene[:, 400:] = 30
    assert isinstance(Corrupt()(frame_of(scene)), Frame)


def test_a_coarse_jpeg_is_not_corrupt(scene, frame_of):
    coarse = cv2.imdecode(cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, 25])[1], cv2.IMREAD_COLOR)
    assert isinstance(Corrupt()(frame_of(coarse)), Frame)


@pytest.mark.parametrize("wrong", [{"seams": 0.0}, {"filled": 2.0}, {"smeared": -1.0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected a share"):
        Corrupt(**wrong)
