from pathlib import Path

import numpy as np
import pytest

from components.contracts import Camera, Detections, Frame
from components.reid.blind import Blind
from components.reid.onnx import Appearance

OSNET = Path(__file__).resolve().parents[4] / "shared" / "data" / "osnet_x0_25" / "osnet_x0_25_msmt17.onnx"
CAMERA = Camera("cam", "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
PLAIN = {"input": {"mean": [0, 0, 0], "std": [1, 1, 1]}}  # features are then the mean red, green and blue
BLUE, GREEN, RED = ([255, 0, 0], [0, 255, 0], [0, 0, 255])  # BGR


def frame_of(image, to_native=None):
    return Frame(CAMERA, 0, 0, "", 0, image, np.eye(3) if to_native is None else to_native)


def found(*boxes):
    where = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(where, np.full(len(where), 0.9, np.float32), np.zeros(len(where), np.int64))


@pytest.fixture
def stripes():
    """A picture of 30x20 that is blue, green and red from left to right."""
    return np.repeat(np.array([[BLUE, GREEN, RED]], np.uint8), 10, axis=1).repeat(20, axis=0)


def test_features_are_of_the_pixels_inside_the_box(network, stripes):
    (seen,) = Appearance(network(card=PLAIN)).embed(
        [frame_of(stripes)], [found((0, 0, 10, 20), (20, 5, 30, 15), (10, 0, 20, 20))]
    )
    assert seen.features == pytest.approx(np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]), abs=1e-6)
    assert (seen.features.dtype, seen.scores.tolist()) == (np.float32, pytest.approx([0.9] * 3))


def test_boxes_are_native_pixels_also_after_preprocessing(network, stripes):
    halved = frame_of(stripes[::2, ::2], np.array([[2.0, 0, 0.5], [0, 2.0, 0.5], [0, 0, 1]]))
    (seen,) = Appearance(network(card=PLAIN)).embed([halved], [found((20, 0, 30, 20))])
    assert seen.features[0] == pytest.approx([1, 0, 0], abs=1e-6)


def test_boxes_over_the_edge_are_cut_and_those_with_no_pixel_have_no_look(network, stripes):
    boxes = [(-50, -50, 9, 9), (25, 10, 900, 900), (40, 0, 60, 20), (5, 5, 5, 15), (np.nan, 0, 9, 9)]
    (seen,) = Appearance(network(card=PLAIN)).embed([frame_of(stripes)], [found(*boxes)])
    assert seen.features[:2] == pytest.approx(np.array([[0, 0, 1], [1, 0, 0]]), abs=1e-6)
    assert not seen.features[2:].any()


def test_all_crops_of_all_frames_go_in_one_run(network, stripes, monkeypatch):
    appearance, sizes = Appearance(network(card=PLAIN), batch=4), []
    see = appearance._network.see
    monkeypatch.setattr(appearance._network, "see", lambda pictures: sizes.append(len(pictures)) or see(pictures))
    one = found((0, 0, 10, 20))
    seen = appearance.embed([frame_of(stripes)] * 4, [one, found(), found((20, 0, 30, 20), (10, 0, 20, 20)), one])
    assert sizes == [4]
    assert [each.features.argmax(axis=1).tolist() for each in seen] == [[2], [], [0, 1], [2]]
    assert seen[1].features.shape == (0, 3)
    appearance.embed([frame_of(stripes)] * 6, [one] * 6)
    assert sizes == [4, 4, 2]


def test_nobody_is_no_problem(network, stripes):
    appearance = Appearance(network())
    assert appearance.embed([], []) == []
    assert appearance.embed([frame_of(stripes)], [found()])[0].features.shape == (0, 3)


def test_networks_that_take_one_picture_give_the_same(network, stripes):
    several, boxes = Appearance(network(card=PLAIN)), found((0, 0, 17, 20), (12, 0, 30, 20))
    one = Appearance(network(card=PLAIN, batch=1))
    frames = [frame_of(stripes), frame_of(stripes[:, ::-1].copy())]
    for a, b in zip(several.embed(frames, [boxes] * 2), one.embed(frames, [boxes] * 2), strict=True):
        assert a.features == pytest.approx(b.features, abs=1e-6)


def test_blind_leaves_detections_as_they_are(stripes):
    one = found((0, 0, 10, 20))
    assert Blind().embed([frame_of(stripes)], [one]) == [one] and one.features.shape == (1, 0)


def test_osnet_knows_a_person_again():
    """Real people who hide each other: the same person a moment later is nearer than anybody else."""
    film = OSNET.parents[1] / "TUD-Campus"
    if not OSNET.is_file() or not film.is_dir():
        pytest.skip(f"needs a network and footage in {OSNET.parents[1]}, which are not part of the project")
    import cv2

    truth = np.loadtxt(film / "gt" / "gt.txt", delimiter=",")
    frames, boxes, people = [], [], []
    for number in (1, 4):
        rows = truth[truth[:, 0] == number]
        frames.append(frame_of(cv2.imread(str(film / "img1" / f"{number:06d}.jpg"))))
        boxes.append(found(*np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]])))
        people.append(rows[:, 1])
    early, late = (each.features for each in Appearance(str(OSNET)).embed(frames, boxes))
    assert early.shape[1] == 512 and np.linalg.norm(early, axis=1) == pytest.approx(1, abs=1e-5)
    common = np.isin(people[1], people[0])
    guessed = people[0][(late @ early.T).argmax(axis=1)]
    assert (guessed == people[1])[common].mean() >= 0.75
