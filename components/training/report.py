"""Says how far a training is: to whoever asked, to the log, and to the ledger."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl

from components.contracts import Progress, Run
from components.training import ranks
from components.training.detection import Detection
from components.training.learner import Learner

_LOG = logging.getLogger(__name__)


class Report(pl.Callback):
    """Calls `progress` after each step, and logs one line and writes one row of metrics after each epoch."""

    def __init__(
        self, *, run: Run | None, progress: Progress | None, steps: int, figures: Mapping[str, str] = Detection.figures
    ) -> None:
        """`figures` are what validation gives, and the word for it in the log; "" for what is in the ledger only."""
        self.run, self.progress, self.steps, self.figures = run, progress, steps, figures
        self.started = time.monotonic()

    def on_train_start(self, *_: Any) -> None:
        self.started = time.monotonic()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        if self.progress is not None:
            self.progress(trainer.global_step, self.steps)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Learner) -> None:  # type: ignore[override]
        values = {
            "loss": ranks.mean(pl_module.losses.mean()),
            **{name: float(trainer.callback_metrics[name]) for name in self.figures},
        }
        if self.run is not None:
            self.run.metrics(values, trainer.global_step)
        _LOG.info(
            "epoch %d/%s: step %d/%d, loss %.2f, validation %s, %.0f s",
            trainer.current_epoch + 1, trainer.max_epochs, trainer.global_step, self.steps, values["loss"],
            ", ".join(f"{word} {values[name]:.3f}" for name, word in self.figures.items() if word),
            time.monotonic() - self.started,
        )  # fmt: skip
