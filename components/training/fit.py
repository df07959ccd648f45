"""Trains a network, keeps its best epoch, and exports it."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from components.contracts import Dataset, Progress, Run, digest_of
from components.networks import Augmentation, Model, Network
from components.training.epochs import Listener, Task, epochs, surroundings
from components.training.export import export
from components.training.keeper import BEST, CHECKPOINT
from components.training.leftovers import loadable
from components.training.lessons import lesson_of
from components.training.report import DRAWN
from components.training.together import devices, together
from components.training.trainer import Trainer

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
    epoch, a finished one is returned as it is. `run` receives a sheet of training pictures, losses and the figures of validation
    after each epoch, and curves; `progress` the pictures shown. What a network is taught with and judged by is its lesson's
    business.
    The same commit, config, dataset, seed, number of threads and of devices give the same weights on a CPU, resumed or not.
    Raises InputError for an empty split, an image size that the network cannot take, unfit weights, a loss that is no number.
    """
    work = folder / digest_of([lineage.config, dataset.digest])[:16]
    done = work / "model"
    if (done / "model.json").is_file():
        return Trained(folder=done, metrics=json.loads((done / "model.json").read_text())["metrics"], news=False)
    work.mkdir(parents=True, exist_ok=True)
    count = devices(trainer)
    with surroundings(trainer, seed):
        network = model.build()
        size = lesson_of(network).size(trainer)
        trainer.check_size(network.stride, model.name)
        trainer.check_decisive(list(lesson_of(network).figures), model.name)
        began = time.monotonic()
        metrics = _learn(network, Task(model, dataset, augmentation, trainer, seed, work), count, Listener(run, progress))
        card = {"name": model.name, "metrics": metrics, "commit": lineage.commit, "config": lineage.config, "seed": seed}
        card |= {"model": lineage.model} if lineage.model else {}
        export(network, done, size=size, card=card | _dataset(dataset))
    for name in (CHECKPOINT, BEST, FITTED):
        (work / name).unlink(missing_ok=True)
    shutil.rmtree(work / DRAWN, ignore_errors=True)
    return Trained(folder=done, metrics=metrics | {"seconds": time.monotonic() - began}, news=True)


def _learn(network: Network, task: Task, count: int, listener: Listener) -> dict[str, float]:
    """Bring the best weights into `network`, which `count` devices learn; their figures on the val split."""
    if not ((task.work / FITTED).is_file() and loadable(task.work / BEST, network.body)):
        best = epochs(network, task, listener) if count == 1 else together(task, count, listener)
        part = task.work / f"{FITTED}.part"
        part.write_text(json.dumps(best))
        part.replace(task.work / FITTED)
    network.body.load_state_dict(load_file(task.work / BEST))
    figures: dict[str, float] = json.loads((task.work / FITTED).read_text())
    return figures


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {"dataset": dataset.digest, "preprocessing": dataset.chain, "preprocessing_digest": dataset.chain_digest}
