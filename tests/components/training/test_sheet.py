"""The contact sheet: a row for each picture, boxes where they are."""

import numpy as np
import torch

from components.networks import Picture
from components.training.augmentation import Augment
from components.training.data import Data
from components.training.detection import Detection
from components.training.sheet import GAP, HEAD, IGNORED, SIDE, WANTED, sheet
from components.training.trainer import Trainer


def picture(*, ignored: bool) -> Picture:
    box = torch.tensor([[16.0, 8.0, 48.0, 24.0]])
    return Picture(
        torch.full((3, 56, 112), 90, dtype=torch.uint8), box, torch.zeros(1, dtype=torch.int64), torch.tensor([ignored])
    )


def test_boxes_that_count_are_green_and_others_grey():
    drawn = sheet(["as it is", "epoch 1"], [[picture(ignored=False), picture(ignored=True)]])
    assert drawn.shape == (HEAD + SIDE // 2 + GAP, 2 * (SIDE + GAP), 3)
    assert tuple(drawn[HEAD + round(8 * SIDE / 112), 60]) == WANTED  # the box's upper edge
    assert tuple(drawn[HEAD + round(8 * SIDE / 112), SIDE + GAP + 60]) == IGNORED
    assert tuple(drawn[HEAD + 5, 5]) == (90, 90, 90)


def test_a_training_shows_what_is_on_its_sheet(memory):
    trainer = Trainer(epochs=3, batch_size=4, image_size=(64, 32))
    data = Data(memory(), lesson=Detection(), augmentation=Augment(brightness=0.5, flip=0.5), trainer=trainer, seed=0)
    data.train_dataloader().set_epoch(1)
    learned = np.concatenate([batch.images.numpy() for batch in data.train_dataloader()])
    for plain, first, second in data.shown(3, [0, 1]):
        assert any(np.array_equal(second.image.numpy(), image) for image in learned)
        assert not np.array_equal(first.image.numpy(), second.image.numpy())
        assert not np.array_equal(plain.image.numpy(), second.image.numpy())
    assert [len(row) for row in data.shown(20, [0])] == [2] * 8
