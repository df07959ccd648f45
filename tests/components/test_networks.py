"""Decoding: weak candidates go, overlapping ones yield to the better, boxes come out as corners."""

import pytest
import torch

from components.networks import decode


def raw(*rows):
    """(1, 5, n) from rows of (centre x, centre y, width, height, probability)."""
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 5).T[None]


def test_boxes_become_corners_best_first():
    (found,) = decode(raw((10, 20, 4, 8, 0.5), (50, 50, 10, 20, 0.9)), score=0.1)
    assert found.boxes.tolist() == [[45, 40, 55, 60], [8, 16, 12, 24]]
    assert found.scores.tolist() == pytest.approx([0.9, 0.5])
    assert found.labels.tolist() == [0, 0]


def test_the_weak_go():
    (found,) = decode(raw((10, 20, 4, 8, 0.05), (50, 50, 10, 20, 0.3)), score=0.1)
    assert len(found.boxes) == 1


def test_the_better_of_two_overlapping_stays():
    (found,) = decode(raw((50, 50, 10, 20, 0.6), (51, 50, 10, 20, 0.9), (90, 50, 10, 20, 0.3)), score=0.1, iou=0.6)
    assert found.scores.tolist() == pytest.approx([0.9, 0.3])


def test_classes_do_not_suppress_each_other():
    both = torch.tensor([[50.0, 50, 10, 20, 0.9, 0.0], [50, 50, 10, 20, 0.0, 0.8]]).T[None]
    (found,) = decode(both, score=0.1)
    assert found.labels.tolist() == [0, 1]


def test_at_most_so_many():
    (found,) = decode(raw(*[(i * 20.0, 50, 10, 20, 0.5) for i in range(30)]), score=0.1, limit=7)
    assert len(found.boxes) == 7


def test_one_answer_for_each_image():
    batch = torch.cat([raw((10, 20, 4, 8, 0.5)), raw((10, 20, 4, 8, 0.01))])
    assert [len(found.boxes) for found in decode(batch, score=0.1)] == [1, 0]
