"""The pictures of a training, as Lightning asks for them: in memory while they fit, else streamed."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import pytorch_lightning as pl
from torch.utils.data import DataLoader, Dataset, Subset

from components.contracts import Dataset as Labelled
from components.contracts import InputError, Samples
from components.networks import Augmentation, Picture
from components.training.course import LANES, Course
from components.training.crops import Crops
from components.training.detection import Detection
from components.training.lessons import Lesson
from components.training.loader import Loader, named
from components.training.pictures import Augmented, Guarded, Order, Pictures, Variation, collate
from components.training.ranks import ALONE, Rank
from components.training.stream import Fetching, Preparation, Stream
from components.training.trainer import Trainer

_LOG = logging.getLogger(__name__)
LOOKED_AT = 200  # draws of an augmentation, to see whether it wants several pictures at all


class Data(pl.LightningDataModule):
    """Batches to learn from and batches to be judged by, those of `rank`. Raises InputError where there are none."""

    def __init__(
        self, dataset: Labelled, *, lesson: Lesson, augmentation: Augmentation, trainer: Trainer, seed: int, rank: Rank = ALONE
    ) -> None:
        super().__init__()
        _check(lesson, augmentation)
        self._lesson, self._trainer, self._seed, self._rank = lesson, trainer, seed, rank
        self._variation = Variation(augmentation, seed, trainer.epochs)
        self._source: Pictures | Crops
        train, val = (_samples(dataset, name) for name in ("train", "val"))
        self._name = f"dataset {dataset.digest[:12]}"
        try:
            self._train = self._streamed(train) if self.streams(train) else self._remembered(train)
            self._val = self._judged(val)
        except InputError as error:
            raise InputError(named(str(error), self._name)) from None

    @property
    def length(self) -> int:
        """Batches in an epoch, of this rank: as many as of any other."""
        return len(self._train)

    def train_dataloader(self) -> Loader:
        return self._train

    def val_dataloader(self) -> Loader:
        return self._val

    def shown(self, rows: int, epochs: Sequence[int]) -> list[list[Picture]]:
        """For each of `rows` pictures, evenly spread over the train split: as it is, and as it is shown in each of `epochs`."""
        count = len(self._source)
        chosen = [i * count // rows for i in range(rows)] if count > rows else list(range(count))
        changed = Augmented(self._source, self._variation)
        return [[self._source[index], *(changed[epoch, index] for epoch in epochs)] for index in chosen]

    def streams(self, samples: Samples) -> bool:
        """Whether pictures are read while they are shown. Raises InputError where that is asked for and cannot be."""
        able = isinstance(samples, Fetching) and isinstance(self._lesson, Detection)
        if self._trainer.reading == "stream" and not able:
            raise InputError(
                "trainer.reading is stream; only whole pictures of a stored dataset can be streamed: expected memory"
            )
        width, height = self._trainer.image_size
        fits = len(samples) * 3 * width * height <= self._trainer.cache_mb * 2**20
        return able and (self._trainer.reading == "stream" or (self._trainer.reading == "auto" and not fits))

    def _streamed(self, samples: Samples) -> Loader:
        assert isinstance(samples, Fetching)
        self._source = self._lesson.pictures(samples, replace(self._trainer, cache_mb=0), "train")
        trainer, readers = self._trainer, max(1, self._trainer.workers) * self._rank.count
        lanes = -(-LANES // readers) * readers  # a number that the readers divide
        course = Course(count=len(samples), batch=trainer.batch_size, seed=self._seed, lanes=lanes)
        length = self._shared(trainer.epoch_steps or course.batches)
        size = self._lesson.size(trainer)
        preparation = Preparation(size, trainer.min_visibility, self._variation)
        stream = Stream(samples, course, preparation, length=length, rank=self._rank)
        if self._rank.first:
            _LOG.info("train: %d pictures, read while they are shown", len(samples))
        return Loader(DataLoader(stream, batch_size=None, **_processes(trainer)), stream, length=length, name=self._name)

    def _remembered(self, samples: Samples) -> Loader:
        pictures = self._source = self._read("train", samples)
        trainer, batch, rank = self._trainer, self._trainer.batch_size, self._rank
        length = self._shared(trainer.epoch_steps or -(-len(pictures) // batch))
        order = Order(len(pictures), length=batch * length * rank.count, seed=self._seed, batch=batch, rank=rank)
        return Loader(_mapped(Augmented(pictures, self._variation), trainer, order), order, length=length, name=self._name)

    def _shared(self, batches: int) -> int:
        """Batches of each rank, where an epoch has so many: none goes short, so that the epoch may grow by less than one each."""
        return -(-batches // self._rank.count)

    def _judged(self, samples: Samples) -> Loader:
        """Evenly spread over the split, so that every camera and hour has its share."""
        pictures, rank = self._read("val", samples), self._rank
        count = min(len(pictures), self._trainer.validation_pictures or len(pictures))
        if count < rank.count:
            raise InputError(f"trainer.devices is {rank.count}, and validation has {count} pictures; expected one each at least")
        mine = [i * len(pictures) // count for i in range(rank.number, count, rank.count)]
        length = -(-len(mine) // self._trainer.batch_size)
        return Loader(_mapped(Subset(pictures, mine), self._trainer, None), None, length=length, name=self._name)

    def _read(self, name: Literal["train", "val"], samples: Samples) -> Pictures | Crops:
        began = time.monotonic()
        pictures = self._lesson.pictures(samples, self._trainer, name)
        took = time.monotonic() - began
        if self._rank.first:
            _LOG.info("%s: %d pictures, %d of them kept in memory, %.0f s", name, len(pictures), pictures.cached, took)
        return pictures


def _check(lesson: Lesson, augmentation: Augmentation) -> None:
    """Raise InputError where pictures of single people would be put together."""
    if not isinstance(lesson, Detection) and any(augmentation.others(seed=seed, progress=0.0) for seed in range(LOOKED_AT)):
        raise InputError(
            "augmentation makes one picture of several, and this model sees people one by one; set augmentation.mosaic=0"
        )


def _samples(dataset: Labelled, name: Literal["train", "val"]) -> Samples:
    samples = dataset.split(name)
    if not len(samples):
        raise InputError(
            f"dataset {dataset.digest[:12]}: its {name} split is empty; prepare more footage, or change the shares of the splits."
        )
    return samples


def _mapped(pictures: Dataset[Picture], trainer: Trainer, order: Order | None) -> DataLoader[Any]:
    return DataLoader(Guarded(pictures), batch_size=trainer.batch_size, sampler=order, collate_fn=collate, **_processes(trainer))


def _processes(trainer: Trainer) -> dict[str, Any]:
    """Spawned: object stores, video readers and threads do not survive a fork."""
    context = "spawn" if trainer.workers else None
    return {"num_workers": trainer.workers, "multiprocessing_context": context, "persistent_workers": trainer.workers > 0}
