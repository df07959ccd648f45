import numpy as np
import pytest

from components.detectors.decoding import Candidates, best, boxes, cells, guess, yolov8, yolox


def test_a_network_of_416_has_3549_cells():
    assert cells(416, 416) == 3549


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ({"output": (1, 3549, 85)}, "yolox"),
        ({"output": (1, 3549, 6)}, "yolox"),
        ({"output0": (1, 84, 3549)}, "yolov8"),
        ({"output0": (1, 5, 100)}, "yolov8"),
        ({"boxes": (1, 7, 4), "scores": (1, 7), "labels": (1, 7)}, "boxes"),
        ({"labels": (0,), "boxes": (0, 4), "scores": (0,), "masks": (0, 1)}, "boxes"),
        ({"output": (1, 512)}, None),
        ({"output": (1, 300, 6)}, None),
        ({"output": (1, 3549, 5)}, None),
        ({"a": (1, 84, 3549), "b": (1, 84, 3549)}, None),
        ({}, None),
    ],
)
def test_formats_are_told_by_names_and_shapes(shapes, expected):
    assert guess(shapes, 416, 416) == expected


def test_yolox_is_decoded_cell_by_cell():
    output = np.zeros((cells(64, 64), 85), np.float32)
    output[:, 2:4] = -20
    row = 64 + 2 * 4 + 3  # stride 16, row 2, column 3
    output[row, :6] = [0.5, 0.25, np.log(2), np.log(3), 0.8, 0.5]
    found = yolox(output, 0, 64, 64)
    assert found.boxes[row] == pytest.approx([56 - 16, 36 - 24, 56 + 16, 36 + 24], rel=1e-5)
    assert found.scores[row] == pytest.approx(0.4) and found.scores.sum() == pytest.approx(0.4)


def test_yolox_reads_the_class_of_people():
    output = np.zeros((cells(64, 64), 8), np.float32)
    output[0, 4:] = [1.0, 0.1, 0.2, 0.7]
    assert [yolox(output, person, 64, 64).scores[0] for person in range(3)] == pytest.approx([0.1, 0.2, 0.7])


def test_yolov8_is_centre_and_size():
    output = np.zeros((6, 50), np.float32)
    output[:, 7] = [30, 40, 10, 20, 0.9, 0.3]
    found = yolov8(output, 0)
    assert found.boxes[7].tolist() == [25, 30, 35, 50]
    assert (found.scores[7], yolov8(output, 1).scores[7]) == (pytest.approx(0.9), pytest.approx(0.3))


def test_boxes_of_other_classes_are_left_out():
    found = boxes(np.arange(12, dtype=np.float32).reshape(3, 4), np.array([0.9, 0.8, 0.7], np.float32), np.array([1, 0, 0]), 0)
    assert found.boxes.tolist() == [[4, 5, 6, 7], [8, 9, 10, 11]]
    assert found.scores.tolist() == pytest.approx([0.8, 0.7])


def test_the_better_of_two_overlapping_boxes_is_kept():
    several = Candidates(
        np.array([[0, 0, 10, 20], [1, 0, 11, 20], [50, 0, 60, 20], [80, 0, 90, 20]], np.float32),
        np.array([0.5, 0.9, 0.6, 0.05], np.float32),
    )
    found = best(several, 0.1, 0.5)
    assert found.boxes.tolist() == [[1, 0, 11, 20], [50, 0, 60, 20]]
    assert found.scores.tolist() == pytest.approx([0.9, 0.6])
    assert len(best(several, 0.1, 0.95).boxes) == 3


def test_scores_above_one_are_brought_down():
    over = Candidates(np.array([[0, 0, 5, 5]], np.float32), np.array([1.0001], np.float32))
    assert best(over, 0.1, 0.5).scores.tolist() == [1.0]


def test_nothing_stays_nothing():
    found = best(Candidates(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)), 0.1, 0.5)
    assert (found.boxes.shape, found.scores.shape) == ((0, 4), (0,))
