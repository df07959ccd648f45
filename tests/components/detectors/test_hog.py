from pathlib import Path

import cv2
import numpy as np
import pytest

from components.contracts import InputError
from components.detectors.hog import Hog
from components.geometry import iou
from components.preprocessing.resize import Resize


@pytest.fixture
def corner(pets: Path):
    """Part of a real picture with four people in it, and their boxes."""
    _, image = cv2.VideoCapture(str(pets / "vtest.avi")).read()
    rows = np.loadtxt(pets / "gt" / "gt.txt", delimiter=",")
    rows = rows[rows[:, 0] == 1]
    boxes = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]])
    x, y = 180, 120
    inside = (boxes[:, :2] > (x, y)).all(axis=1) & (boxes[:, 2:] < (x + 400, y + 300)).all(axis=1)
    return image[y : y + 300, x : x + 400].copy(), boxes[inside] - (x, y, x, y)


def test_it_finds_real_people(corner, frame_of):
    image, people = corner
    (found,) = Hog().detect([frame_of(image)])
    assert len(people) and (iou(people, found.boxes).max(axis=1) >= 0.5).mean() >= 0.75
    assert (found.scores > 0).all() and (found.scores <= 1).all() and (np.diff(found.scores) <= 0).all()
    assert (found.boxes.dtype, found.scores.dtype, found.labels.tolist()) == (np.float32, np.float32, [0] * len(found))


def test_boxes_are_native_whatever_came_before(corner, frame_of):
    image, people = corner
    (found,) = Hog(enlarge=2.5).detect([Resize(width=320)(frame_of(image))])
    assert (iou(people, found.boxes).max(axis=1) >= 0.5).mean() >= 0.75


def test_a_higher_score_asks_for_more(corner, frame_of):
    frame = frame_of(corner[0])
    every, sure = Hog(score=0.05).detect([frame])[0], Hog(score=0.6).detect([frame])[0]
    assert 0 < len(sure) < len(every)
    assert (sure.scores >= 0.6).all()


def test_nobody_is_found_where_nobody_is(frame_of):
    empty, tiny = np.full((200, 200, 3), 128, np.uint8), np.zeros((20, 20, 3), np.uint8)
    assert [len(found) for found in Hog().detect([frame_of(empty), frame_of(tiny)])] == [0, 0]
    assert Hog().detect([]) == []


@pytest.mark.parametrize("settings", [{"enlarge": 0}, {"stride": 5}, {"zoom": 1.0}, {"score": 0}, {"iou": 2}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(InputError, match="expected"):
        Hog(**settings)
