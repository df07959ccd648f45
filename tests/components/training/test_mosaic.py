"""Mosaics: everybody who shows has a box where they are, and nobody else has one."""

import numpy as np
import pytest
import torch

from components.contracts import InputError
from components.networks import Picture
from components.training.augmentation import Augment
from components.training.mosaic import OTHERS, mosaic

COLOURS = [(240, 0, 0), (0, 240, 0), (0, 0, 240), (240, 240, 0)]


def four(height=96, width=160):
    """One rectangle in each, in a colour of its own."""
    pictures = []
    for number in range(4):
        image = torch.zeros((3, height, width), dtype=torch.uint8)
        x, y = 30 + 15 * number, 10 + 9 * number
        image[:, y : y + 40, x : x + 24] = torch.tensor(COLOURS[number], dtype=torch.uint8)[:, None, None]
        box = torch.tensor([[x, y, x + 24, y + 40]], dtype=torch.float32)
        pictures.append(Picture(image, box, torch.tensor([number]), torch.zeros(1, dtype=torch.bool)))
    return pictures


@pytest.mark.parametrize("seed", range(12))
def test_boxes_are_where_the_people_are(seed):
    torch.manual_seed(seed)
    made = mosaic(four())
    assert made.image.shape == (3, 96, 160) and made.image.dtype == torch.uint8
    for box, label in zip(made.boxes, made.labels.tolist(), strict=True):
        near = np.abs(made.image.numpy().astype(int) - np.reshape(COLOURS[label], (3, 1, 1))) < 118
        ys, xs = np.nonzero(near.all(axis=0))  # more of it than of what is beside it
        there = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
        assert np.abs(box.numpy() - there).max() <= 2.5


def test_who_is_cut_off_has_no_box_or_is_ignored():
    counts, flags = set(), set()
    for seed in range(40):
        torch.manual_seed(seed)
        made = mosaic(four())
        counts.add(len(made.boxes))
        flags |= set(made.ignored.tolist())
        assert (made.boxes[:, 2:] > made.boxes[:, :2]).all()
    assert len(counts) > 1 and flags == {True, False}


def test_what_is_given_is_left_alone():
    pictures = four()
    copies = [picture.image.clone() for picture in pictures]
    Augment(mosaic=1.0, flip=1.0)(pictures[0], pictures[1:], seed=4)
    assert all(torch.equal(picture.image, copy) for picture, copy in zip(pictures, copies, strict=True))


def test_mosaics_end_before_the_training_does():
    often = Augment(mosaic=0.5, mosaic_until=0.8)
    early = [often.others(seed=seed, progress=0.79) for seed in range(400)]
    assert set(early) == {0, OTHERS} and 0.4 < np.mean(np.array(early) > 0) < 0.6
    assert not any(often.others(seed=seed, progress=0.8) for seed in range(400))
    assert not any(Augment().others(seed=seed, progress=0.0) for seed in range(400))


def test_the_same_seed_makes_the_same_mosaic():
    first, again, other = (Augment(mosaic=1.0, scale=0.1)(four()[0], four()[1:], seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.image, again.image) and torch.equal(first.boxes, again.boxes)
    assert not torch.equal(first.image, other.image)


@pytest.mark.parametrize("words", [{"mosaic": 1.5}, {"flip": -0.1}, {"gamma": 0.5}, {"noise": -1.0}, {"mosaic_until": 2.0}])
def test_amounts_that_make_no_sense_get_one_message(words):
    with pytest.raises(InputError, match=rf"augmentation.*{next(iter(words))} (is )?-?[\d.]+.*expected"):
        Augment(**words)
