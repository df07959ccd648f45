"""The pictures of a split in the size of the network's input: read once, kept in memory, and drawn in a seeded order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset, Sampler

from components.contracts import InputError, Sample, Samples, digest_of
from components.letterbox import letterbox
from components.networks import CLASSES, Augmentation, Batch, Picture
from components.training.ranks import ALONE, Rank

Draw = tuple[int, int]  # (epoch, index): a picture and the epoch that decides how it is changed


class Pictures(Dataset[Picture]):
    """One split as `Picture`s. The first that fit into `cache_mb` (2**20 bytes) are read at once, the others each time."""

    def __init__(self, samples: Samples, *, size: tuple[int, int], min_visibility: float, cache_mb: int) -> None:
        self.samples, self.size, self.min_visibility = samples, size, min_visibility
        width, height = size
        self.cached = min(len(samples), cache_mb * 2**20 // (3 * width * height))
        self.images = torch.empty((self.cached, 3, height, width), dtype=torch.uint8)  # one block, which worker processes share
        self.rows = [self._keep(i) for i in range(self.cached)]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Picture:
        if index >= self.cached:
            return self._read(index)
        boxes, labels, ignored = map(torch.from_numpy, self.rows[index])
        return Picture(self.images[index], boxes, labels, ignored)

    def _keep(self, index: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        picture = self._read(index)
        self.images[index] = picture.image
        return picture.boxes.numpy(), picture.labels.numpy(), picture.ignored.numpy()

    def _read(self, index: int) -> Picture:
        return fitted_picture(self.samples[index], self.size, self.min_visibility)


@dataclass(frozen=True, slots=True)
class Variation:
    """How pictures are changed before they are shown: a function of (seed, epoch, index) alone, so that a resumed training sees
    the same ones, and so does one with another number of processes."""

    augmentation: Augmentation
    seed: int
    epochs: int  # that the training has; some changes end before it does

    def __call__(
        self, picture: Picture, *, epoch: int, index: int, known: Sequence[int], read: Callable[[int], Picture]
    ) -> Picture:
        """`picture`, number `index`, as it is shown in `epoch`; more, where they are wanted, are `read` of those `known`."""
        seed = seed_of(self.seed, epoch, index)
        count = self.augmentation.others(seed=seed, progress=epoch / self.epochs)
        drawn = np.random.default_rng(seed).integers(len(known), size=count) if count else ()
        return self.augmentation(picture, [read(known[at]) for at in drawn], seed=seed)


class Augmented(Dataset[Picture]):
    """Pictures as they are shown; others for mosaics come from the whole split."""

    def __init__(self, pictures: Dataset[Picture], variation: Variation) -> None:
        self.pictures, self.variation = pictures, variation

    def __getitem__(self, draw: Draw) -> Picture:
        epoch, index = draw
        known = range(len(self.pictures))  # type: ignore[arg-type]
        return self.variation(self.pictures[index], epoch=epoch, index=index, known=known, read=self.pictures.__getitem__)


@dataclass(frozen=True, slots=True)
class Refused:
    """What comes in the place of a picture that cannot be used: an exception would reach the main process as a long trace."""

    reason: str


class Guarded(Dataset[Picture | Refused]):
    """Pictures, or why there is none, from whatever process reads them."""

    def __init__(self, pictures: Dataset[Picture]) -> None:
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)  # type: ignore[arg-type]

    def __getitem__(self, index: Any) -> Picture | Refused:
        try:
            return self.pictures[index]
        except InputError as error:
            return Refused(str(error))


class Order(Sampler[Draw]):
    """Endless passes over `count` pictures, each in another order, cut into epochs of `length` draws, in batches of `batch`.

    Several processes share the batches; this is what `rank` takes of them.
    """

    def __init__(self, count: int, *, length: int, seed: int, batch: int = 1, rank: Rank = ALONE) -> None:
        self.count, self.length, self.seed, self.batch, self.epoch, self.first = count, length, seed, batch, 0, 0
        self.rank = rank

    def __len__(self) -> int:
        return self.length // self.rank.count

    def __iter__(self) -> Iterator[Draw]:
        begin, end = self.epoch * self.length, (self.epoch + 1) * self.length
        start = begin + self.first
        for at in range(start, end):
            lap, position = divmod(at, self.count)
            if position == 0 or at == start:
                order = np.random.default_rng(seed_of(self.seed, lap, -1)).permutation(self.count)
            if (at - begin) // self.batch % self.rank.count == self.rank.number:
                yield self.epoch, int(order[position])

    def begin(self, epoch: int, batch: int) -> None:
        """Where the next iteration begins; `batch` counts those of this rank."""
        self.epoch, self.first = epoch, batch * self.batch * self.rank.count

    def set_epoch(self, epoch: int) -> None:
        """The next iteration begins with this epoch."""
        self.begin(epoch, 0)


def collate(pictures: Sequence[Picture | Refused]) -> Batch | Refused:
    """One `Batch`; its images stay uint8 until they are on the device that computes. Or the first reason why there is none."""
    kept = [picture for picture in pictures if isinstance(picture, Picture)]
    if len(kept) < len(pictures):
        return next(picture for picture in pictures if isinstance(picture, Refused))
    return Batch(
        torch.stack([p.image for p in kept]),
        [p.boxes[~p.ignored] for p in kept],
        [p.labels[~p.ignored] for p in kept],
        [p.boxes[p.ignored] for p in kept],
    )


def on_device(batch: Batch, device: torch.device) -> Batch:
    """Images as float32 0..1, channels last (in which convolutions on a CPU are 1.7 times as fast), everything on `device`."""
    images = batch.images.to(device).float().div_(255).contiguous(memory_format=torch.channels_last)
    columns = ([item.to(device) for item in column] for column in (batch.boxes, batch.labels, batch.ignored))
    return Batch(images, *columns)


def fitted_picture(sample: Sample, size: tuple[int, int], min_visibility: float) -> Picture:
    """A sample in the size (width, height) of the network's input. Raises InputError for classes that no detector here knows."""
    if len(strange := sample.labels[(sample.labels < 0) | (sample.labels >= len(CLASSES))]):
        found, known = ", ".join(map(str, np.unique(strange))), ", ".join(f"{i} ({name})" for i, name in enumerate(CLASSES))
        raise InputError(
            f"dataset: camera {sample.camera} at {sample.time} has labels of class {found}, and detectors know {known}; "
            "prepare it again with labels of people alone"
        )
    image, scale = letterbox(sample.image, *size)
    rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return Picture(
        torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1))),
        torch.from_numpy(sample.boxes.astype(np.float32) * np.float32(scale)).reshape(-1, 4),
        torch.from_numpy(sample.labels.astype(np.int64)),
        torch.from_numpy(sample.visibility < min_visibility),
    )


def seed_of(*parts: int) -> int:
    """A seed that depends on all of `parts`."""
    return int(digest_of(parts)[:15], 16)
