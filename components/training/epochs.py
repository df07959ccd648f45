"""Epoch after epoch in this process, alone or as one of several: Lightning's loop, and what surrounds it."""

from __future__ import annotations

import logging
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import cv2
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, RichProgressBar, Timer
from pytorch_lightning.strategies import DDPStrategy

from components.contracts import Dataset, Progress, Run
from components.networks import Augmentation, Model, Network
from components.training.data import Data
from components.training.explained import explained, explained_reading
from components.training.keeper import BEST, CHECKPOINT, Keeper
from components.training.learner import DivergedError, Learner
from components.training.leftovers import resumable
from components.training.lessons import lesson_of
from components.training.ranks import ALONE, Rank
from components.training.report import DRAWN, Report
from components.training.sheet import sheet
from components.training.trainer import Trainer

TALKATIVE = ("pytorch_lightning", "lightning_fabric", "torch.multiprocessing.spawn")  # what they warn of is said here too
SHOWN = 6  # pictures on the sheet of a training


@dataclass(frozen=True, slots=True)
class Task:
    """What stays the same while weights are learned."""

    model: Model
    dataset: Dataset
    augmentation: Augmentation
    trainer: Trainer
    seed: int
    work: Path  # checkpoints


@dataclass(frozen=True, slots=True)
class Listener:
    """Who wants to know how it goes."""

    run: Run | None = None
    progress: Progress | None = None


def epochs(network: Network, task: Task, listener: Listener, rank: Rank = ALONE) -> dict[str, float]:
    """Train to the end, from the last whole epoch if there is one; the figures of the best epoch, which is in the work folder."""
    trainer, lesson = task.trainer, lesson_of(network)
    with explained_reading(trainer):
        data = Data(task.dataset, lesson=lesson, augmentation=task.augmentation, trainer=trainer, seed=task.seed, rank=rank)
    steps = trainer.epochs * -(-data.length // trainer.accumulate)
    keeper = Keeper(task.work)
    if listener.run is not None:
        _show(data, trainer, task.work / DRAWN, listener.run)
    report = Report(
        run=listener.run, progress=listener.progress, steps=steps, length=data.length, folder=task.work / DRAWN,
        pictures=trainer.batch_size * rank.count, figures=lesson.figures,
    )  # fmt: skip
    bar = listener.progress is None and rank.first and sys.stderr.isatty()  # otherwise the caller shows how far it is
    callbacks = [keeper, report, RichProgressBar()] if bar else [keeper, report]
    learner = Learner(network, trainer=trainer, steps=steps, seed=task.seed)
    with explained(trainer):
        lightning = machine(trainer, callbacks, task.work, learner.decisive, count=rank.count)
    left = task.work / CHECKPOINT
    resume = left if resumable(left, learner) else None
    with explained(trainer), _kept(keeper):
        lightning.fit(learner, datamodule=data, ckpt_path=resume, weights_only=True)
    if listener.run is not None:
        listener.run.metrics(keeper.best, lightning.global_step)  # the last word in the ledger is on the epoch that is delivered
    return keeper.best


@contextmanager
def _kept(keeper: Keeper) -> Iterator[None]:
    """A training that fails by itself says where its best epoch is."""
    try:
        yield
    except DivergedError as error:
        if not keeper.best:
            raise
        path, epoch = keeper.folder / BEST, int(keeper.best["epoch"]) + 1
        raise DivergedError(f"{error}. The weights of epoch {epoch}, the best so far, are kept: model.weights={path}") from None


def _show(data: Data, trainer: Trainer, folder: Path, run: Run) -> None:
    """A sheet of what will be shown, before anything is learned."""
    chosen = sorted({0, 1, trainer.epochs - 1} & set(range(trainer.epochs)))
    with explained(trainer):
        rows = data.shown(SHOWN, chosen)
    shutil.rmtree(folder, ignore_errors=True)  # of an interrupted training
    folder.mkdir()
    cv2.imwrite(str(folder / "pictures.png"), sheet(["as it is", *(f"epoch {epoch + 1}" for epoch in chosen)], rows))
    run.artifacts(folder, path=DRAWN)


def machine(trainer: Trainer, callbacks: list[pl.Callback], work: Path, decisive: str, *, count: int = 1) -> pl.Trainer:
    """Lightning, with everything off that writes, talks or guesses, for one of `count` processes."""
    if trainer.patience is not None:
        callbacks = [*callbacks, EarlyStopping(decisive, mode="max", patience=trainer.patience)]
    if trainer.max_minutes is not None:
        callbacks = [*callbacks, Timer(timedelta(minutes=trainer.max_minutes), interval="epoch", verbose=False)]
    return pl.Trainer(
        max_epochs=trainer.epochs, accelerator=trainer.accelerator, devices=count, precision=trainer.precision,
        strategy=_strategy() if count > 1 else "auto",
        accumulate_grad_batches=trainer.accumulate, gradient_clip_val=10.0, logger=False, enable_checkpointing=False,
        enable_model_summary=False, num_sanity_val_steps=0,
        enable_progress_bar=any(isinstance(one, RichProgressBar) for one in callbacks), callbacks=callbacks,
        use_distributed_sampler=False, default_root_dir=work,
    )  # fmt: skip


def _strategy() -> DDPStrategy:
    """Gradients are averaged over the processes. A network may have parts that a batch does not reach: heads that are not asked.

    Counters of normalisation are levelled once an epoch, by the learner: with each batch would be a message for each of them.
    """
    return DDPStrategy(find_unused_parameters=True, broadcast_buffers=False)


@contextmanager
def surroundings(trainer: Trainer, seed: int) -> Iterator[None]:
    """The seed, the number of threads and the silence that training needs; the caller's own are put back."""
    threads, logs = torch.get_num_threads(), [logging.getLogger(name) for name in TALKATIVE]
    levels = [log.level for log in logs]
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pytorch_lightning|lightning_fabric|torch.utils.data|torchmetrics")
        torch.manual_seed(seed)
        torch.set_num_threads(trainer.threads)
        for log in logs:
            log.setLevel(logging.ERROR)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            for log, level in zip(logs, levels, strict=True):
                log.setLevel(level)
