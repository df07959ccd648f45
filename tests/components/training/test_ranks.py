"""Who takes which batches, and what is said where there is nobody else."""

import numpy as np
import pytest
import torch

from components.contracts import InputError
from components.training.augmentation import Augment
from components.training.data import Data
from components.training.detection import Detection
from components.training.pictures import Order
from components.training.ranks import ALONE, Rank, current, gathered, level, mean
from components.training.trainer import Trainer

TWO = [Rank(number=0, count=2), Rank(number=1, count=2)]


def test_alone_nothing_changes():
    tensor = torch.tensor([1.5, 2.0])
    level([tensor])
    assert (current(), gathered("a"), mean(2.5)) == (ALONE, ["a"], 2.5)
    assert torch.equal(tensor, torch.tensor([1.5, 2.0]))


def test_ranks_share_the_batches_of_the_order_that_one_alone_would_have():
    whole = list(Order(10, length=12, seed=3, batch=2))
    parts = [list(Order(10, length=12, seed=3, batch=2, rank=rank)) for rank in TWO]
    mixed = [parts[k % 2][k // 2 * 2 : k // 2 * 2 + 2] for k in range(6)]
    assert [draw for batch in mixed for draw in batch] == whole


def test_a_rank_goes_on_where_it_was():
    order = Order(10, length=12, seed=3, batch=2, rank=TWO[1])
    whole = list(order)
    order.begin(0, 2)
    assert list(order) == whole[4:]
    assert len(order) == len(whole) == 6


@pytest.mark.parametrize("steps", [None, 3])
def test_an_epoch_is_as_long_for_every_rank_and_everybody_judges_other_pictures(memory, steps):
    trainer = Trainer(epochs=1, epoch_steps=steps, batch_size=2, image_size=(64, 32))
    words = {"lesson": Detection(), "augmentation": Augment(), "trainer": trainer, "seed": 0}
    parts = [Data(memory(train=10, val=5), rank=rank, **words) for rank in TWO]
    assert [part.length for part in parts] == [-(-(steps or 5) // 2)] * 2
    judged = [np.concatenate([batch.images.numpy() for batch in part.val_dataloader()]) for part in parts]
    alone = np.concatenate([b.images.numpy() for b in Data(memory(train=10, val=5), **words).val_dataloader()])
    assert [len(part) for part in judged] == [3, 2]
    assert np.array_equal(judged[0], alone[0::2]) and np.array_equal(judged[1], alone[1::2])


def test_less_to_judge_than_ranks_is_refused(memory):
    trainer = Trainer(epochs=1, image_size=(64, 32))
    with pytest.raises(InputError, match=r"trainer.devices is 2, and validation has 1 pictures; expected one each at least"):
        Data(memory(val=1), lesson=Detection(), augmentation=Augment(), trainer=trainer, seed=0, rank=TWO[0])
