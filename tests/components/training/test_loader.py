"""Batches from processes: refusals are one sentence, a dead process is one too, and an epoch goes on where it was."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from components.contracts import InputError, Sample
from components.training.loader import Loader, named
from components.training.pictures import Guarded, Order, Pictures, collate


class Numbered:
    """Samples whose colour is their number; number 5 is damaged, and number 7 kills whoever reads it where that is asked for."""

    def __init__(self, count: int, *, damaged: bool = False, deadly: bool = False) -> None:
        self.count, self.damaged, self.deadly = count, damaged, deadly

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        if self.damaged and index == 5:
            raise InputError("frame cam-5 in cam-00000.tar is damaged: it was cut off")
        if self.deadly and index == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        none = np.zeros((0, 4), np.float32)
        return Sample(np.full((8, 8, 3), index, np.uint8), none, np.zeros(0, np.int64), np.zeros(0, np.float32), "cam", index)


def loader(samples: Numbered, *, workers: int = 0, length: int = 5) -> Loader:
    pictures = Pictures(samples, size=(8, 8), min_visibility=0.0, cache_mb=0)
    order = Order(len(samples), length=4 * length, seed=0, batch=4)
    drawn = DataLoader(
        Guarded(Drawn(pictures)), batch_size=4, sampler=order, collate_fn=collate, num_workers=workers,
        multiprocessing_context="spawn" if workers else None,
    )  # fmt: skip
    return Loader(drawn, order, length=length)


class Drawn(torch.utils.data.Dataset):
    """Pictures by what `Order` draws."""

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures

    def __getitem__(self, draw: tuple[int, int]):
        return self.pictures[draw[1]]


def numbers(batches) -> list[int]:
    return [int(image[0, 0, 0]) for batch in batches for image in batch.images]


def test_epochs_follow_their_order() -> None:
    batches = loader(Numbered(20))
    first = numbers(batches)
    assert sorted(first) == list(range(20)) and len(batches) == 5
    assert batches.state_dict() == {"epoch": 0, "batch": 5}
    batches.set_epoch(1)
    second = numbers(batches)
    assert sorted(second) == list(range(20)) and second != first
    batches.set_epoch(0)
    assert numbers(batches) == first


def test_an_epoch_goes_on_from_a_state_and_the_next_begins_at_its_beginning() -> None:
    whole, part = loader(Numbered(20)), loader(Numbered(20))
    wanted, batches = numbers(whole), iter(part)
    head = numbers([next(batches), next(batches)])
    rest = loader(Numbered(20))
    rest.load_state_dict(part.state_dict())
    rest.set_epoch(0)
    assert head + numbers(rest) == wanted
    rest.set_epoch(1)
    whole.set_epoch(1)
    assert numbers(rest) == numbers(whole)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_frame_that_is_refused_is_one_sentence(workers: int) -> None:
    with pytest.raises(InputError) as caught:
        list(loader(Numbered(20, damaged=True), workers=workers))
    assert str(caught.value) == "frame cam-5 in cam-00000.tar is damaged: it was cut off"


def test_a_process_that_dies_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"a process that reads pictures died .*lower trainer\.workers"):
        list(loader(Numbered(20, deadly=True), workers=1))


def test_other_errors_stay_what_they_are() -> None:
    batches = loader(Numbered(20))
    with pytest.raises(RuntimeError, match="something else"):
        for _ in batches:
            raise RuntimeError("something else")


def test_a_problem_of_the_dataset_has_its_name() -> None:
    assert named("dataset: nobody is there", "dataset ab12") == "dataset ab12: nobody is there"
    assert named("frame cam-5 is damaged", "dataset ab12") == "frame cam-5 is damaged"
