"""Trains a network, keeps its best epoch, and exports it."""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, RichProgressBar, Timer
from safetensors.torch import load_file

from components.contracts import Dataset, Progress, Run, digest_of
from components.networks import Augmentation, Model, Network
from components.training.data import Data
from components.training.explained import explained, explained_reading
from components.training.export import export
from components.training.keeper import BEST, CHECKPOINT, Keeper
from components.training.learner import Learner
from components.training.lessons import lesson_of
from components.training.report import Report
from components.training.trainer import Trainer

_LOG = logging.getLogger(__name__)
FITTED = "fitted.json"  # the figures of the best epoch, written when no epoch is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What a training cannot know by itself of where it comes from."""

    config: str  # digest of the resolved config
    commit: str  # of the code; empty where unknown
    model: dict[str, Any] = field(default_factory=dict)  # spec of the network, to build it again; {}: only its graph serves


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A finished training."""

    folder: Path  # model.onnx, weights.safetensors, model.json
    metrics: dict[str, float]
    news: bool  # False where an earlier call had already finished the same training


def fit(
    model: Model,
    *,
    dataset: Dataset,
    augmentation: Augmentation,
    trainer: Trainer,
    seed: int,
    folder: Path,
    lineage: Lineage,
    run: Run | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train `model` on the train split of `dataset`, keep its best epoch on the val split, and export it for serving.

    Works in a folder below `folder` that is named after the config and the dataset: a killed call goes on after its last whole
    epoch, a finished one is returned as it is. `run` receives loss and the figures of validation after each epoch, `progress`
    the steps. What a network is taught with and judged by is its lesson's business.
    The same commit, config, dataset, seed and number of threads give the same weights on a CPU, resumed or not.
    Raises InputError for an empty split, an image size that the network cannot take, unfit weights, a loss that is no number.
    """
    work = folder / digest_of([lineage.config, dataset.digest])[:16]
    done = work / "model"
    if (done / "model.json").is_file():
        return Trained(folder=done, metrics=json.loads((done / "model.json").read_text())["metrics"], news=False)
    work.mkdir(parents=True, exist_ok=True)
    with _surroundings(trainer, seed):
        network = model.build()
        size = lesson_of(network).size(trainer)
        trainer.check_size(network.stride, model.name)
        trainer.check_decisive(list(lesson_of(network).figures), model.name)
        began = time.monotonic()
        metrics = _learn(network, _Task(dataset, augmentation, trainer, seed, work, run, progress))
        card = {"name": model.name, "metrics": metrics, "commit": lineage.commit, "config": lineage.config, "seed": seed}
        card |= {"model": lineage.model} if lineage.model else {}
        export(network, done, size=size, card=card | _dataset(dataset))
    for name in (CHECKPOINT, BEST, FITTED):
        (work / name).unlink(missing_ok=True)
    return Trained(folder=done, metrics=metrics | {"seconds": time.monotonic() - began}, news=True)


@dataclass(frozen=True, slots=True)
class _Task:
    """What stays the same while weights are learned."""

    dataset: Dataset
    augmentation: Augmentation
    trainer: Trainer
    seed: int
    work: Path  # checkpoints
    run: Run | None
    progress: Progress | None


def _learn(network: Network, task: _Task) -> dict[str, float]:
    """Bring the best weights into `network`; their figures on the val split."""
    if not (task.work / FITTED).is_file():
        best = _epochs(network, task)
        part = task.work / f"{FITTED}.part"
        part.write_text(json.dumps(best))
        part.replace(task.work / FITTED)
    network.body.load_state_dict(load_file(task.work / BEST))
    figures: dict[str, float] = json.loads((task.work / FITTED).read_text())
    return figures


def _epochs(network: Network, task: _Task) -> dict[str, float]:
    """Train to the end, from the last whole epoch if there is one; the figures of the best epoch."""
    trainer, lesson = task.trainer, lesson_of(network)
    with explained_reading(trainer):
        data = Data(task.dataset, lesson=lesson, augmentation=task.augmentation, trainer=trainer, seed=task.seed)
    steps = trainer.epochs * -(-data.length // trainer.accumulate)
    keeper = Keeper(task.work)
    report = Report(run=task.run, progress=task.progress, steps=steps, figures=lesson.figures)
    bar = task.progress is None and sys.stderr.isatty()  # otherwise the caller shows how far it is
    callbacks = [keeper, report, RichProgressBar()] if bar else [keeper, report]
    learner = Learner(network, trainer=trainer, steps=steps, seed=task.seed)
    with explained(trainer):
        machine = _machine(trainer, callbacks, task.work, learner.decisive)
    resume = task.work / CHECKPOINT
    with explained(trainer):
        machine.fit(learner, datamodule=data, ckpt_path=resume if resume.is_file() else None, weights_only=True)
    if task.run is not None:
        task.run.metrics(keeper.best, machine.global_step)  # the last word in the ledger is on the epoch that is delivered
    return keeper.best


def _machine(trainer: Trainer, callbacks: list[pl.Callback], work: Path, decisive: str) -> pl.Trainer:
    """Lightning, with everything off that writes, talks or guesses."""
    if trainer.patience is not None:
        callbacks = [*callbacks, EarlyStopping(decisive, mode="max", patience=trainer.patience)]
    if trainer.max_minutes is not None:
        callbacks = [*callbacks, Timer(timedelta(minutes=trainer.max_minutes), interval="epoch", verbose=False)]
    return pl.Trainer(
        max_epochs=trainer.epochs, accelerator=trainer.accelerator, devices=1, precision=trainer.precision,
        accumulate_grad_batches=trainer.accumulate, gradient_clip_val=10.0, logger=False, enable_checkpointing=False,
        enable_model_summary=False, num_sanity_val_steps=0,
        enable_progress_bar=any(isinstance(one, RichProgressBar) for one in callbacks), callbacks=callbacks,
        use_distributed_sampler=False, default_root_dir=work,
    )  # fmt: skip


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {"dataset": dataset.digest, "preprocessing": dataset.chain, "preprocessing_digest": dataset.chain_digest}


@contextmanager
def _surroundings(trainer: Trainer, seed: int) -> Iterator[None]:
    """The seed, the number of threads and the silence that training needs; the caller's own are put back."""
    threads, log = torch.get_num_threads(), logging.getLogger("pytorch_lightning")
    level = log.level
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pytorch_lightning|lightning_fabric|torch.utils.data|torchmetrics")
        torch.manual_seed(seed)
        torch.set_num_threads(trainer.threads)
        log.setLevel(logging.WARNING)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            log.setLevel(level)
