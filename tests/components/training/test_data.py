"""Whether pictures are kept in memory or streamed is one word, and training sees neither."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from components.contracts import InputError
from components.datasets.dataset import StoredDataset
from components.storage.storage import Storage
from components.training.augmentation import Augment
from components.training.data import Data
from components.training.detection import Detection
from components.training.recognition import Recognition
from components.training.trainer import Trainer
from tests.made_datasets import make, shots

TRAINER = Trainer(epochs=2, batch_size=4, image_size=(32, 32))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> StoredDataset:
    folder = tmp_path_factory.mktemp("store")
    return StoredDataset(make(folder, shots(30)), storage=Storage(str(folder)))


def data(dataset: StoredDataset, trainer: Trainer, lesson=None) -> Data:
    return Data(dataset, lesson=lesson or Detection(), augmentation=Augment(), trainer=trainer, seed=1)


@pytest.mark.parametrize(
    ("reading", "cache_mb", "streams"), [("auto", 1, False), ("auto", 0, True), ("memory", 0, False), ("stream", 1, True)]
)
def test_what_does_not_fit_is_streamed(dataset: StoredDataset, reading: str, cache_mb: int, streams: bool) -> None:
    module = data(dataset, replace(TRAINER, reading=reading, cache_mb=cache_mb))  # type: ignore[arg-type]
    assert module.streams(dataset.split("train")) is streams
    batches = list(module.train_dataloader())
    assert len(batches) == module.length == 9 and sum(len(batch.images) for batch in batches) == 36
    assert all(batch.images.shape[1:] == (3, 32, 32) and len(batch.boxes) == len(batch.images) for batch in batches)


def test_both_ways_show_the_same_pictures_in_another_order(dataset: StoredDataset) -> None:
    def sums(trainer: Trainer) -> list[float]:
        return sorted(float(image.float().sum()) for batch in data(dataset, trainer).train_dataloader() for image in batch.images)

    assert sums(TRAINER) == sums(replace(TRAINER, reading="stream"))


def test_judged_by_pictures_spread_over_the_split(dataset: StoredDataset) -> None:
    module = data(dataset, replace(TRAINER, validation_pictures=5))
    batches = list(module.val_dataloader())
    assert [len(batch.images) for batch in batches] == [4, 1] and len(module.val_dataloader()) == 2


def test_people_cannot_be_streamed(dataset: StoredDataset) -> None:
    with pytest.raises(InputError, match="only whole pictures of a stored dataset can be streamed"):
        data(dataset, replace(TRAINER, reading="stream"), Recognition(("nurse",), (16, 16)))


def test_people_cannot_share_a_mosaic(dataset: StoredDataset) -> None:
    words = {"lesson": Recognition(("nurse",), (16, 16)), "trainer": TRAINER, "seed": 1}
    with pytest.raises(InputError, match=r"sees people one by one; set augmentation\.mosaic=0"):
        Data(dataset, augmentation=Augment(mosaic=0.2), **words)


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    only = [replace(frame, split="train") for frame in shots(3)]
    with pytest.raises(InputError, match="its val split is empty"):
        data(StoredDataset(make(tmp_path, only), storage=Storage(str(tmp_path))), TRAINER)


class Seen(pl.LightningModule):
    """Notes what it is shown, and stops in the middle of an epoch where that is asked for."""

    def __init__(self, stop: int | None = None) -> None:
        super().__init__()
        self.weight, self.stop, self.sums = torch.nn.Parameter(torch.zeros(1)), stop, []

    def training_step(self, batch):
        self.sums.append(float(batch.images.float().sum()))
        return self.weight.sum()

    def on_train_batch_end(self, *_):
        if self.stop is not None and len(self.sums) == self.stop:
            self.trainer.save_checkpoint(self.file)
            raise KeyboardInterrupt

    def transfer_batch_to_device(self, batch, *_):
        return batch

    def validation_step(self, batch):
        return None

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.filterwarnings("ignore")  # Lightning's advice
def test_lightning_goes_on_in_the_middle_of_an_epoch(dataset: StoredDataset, tmp_path: Path) -> None:
    def fitted(seen: Seen, checkpoint: str | None = None) -> list[float]:
        machine = pl.Trainer(
            max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
            enable_model_summary=False, num_sanity_val_steps=0, limit_val_batches=0, default_root_dir=tmp_path,
        )  # fmt: skip
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            streamed = data(dataset, replace(TRAINER, reading="stream"))
            machine.fit(seen, datamodule=streamed, ckpt_path=checkpoint, weights_only=True)
        return seen.sums

    whole = fitted(Seen())
    broken = Seen(stop=5)
    broken.file = tmp_path / "middle.ckpt"
    head = fitted(broken)
    rest = fitted(Seen(), str(broken.file))
    assert len(whole) == 18 and len(head) == 5
    assert np.allclose([*head, *rest], whole)
