"""Says how far a training is: to whoever asked, to the log, and to the ledger, which gets a picture of it too."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from components.contracts import Progress, Run
from components.training import ranks
from components.training.curves import curves
from components.training.detection import Detection
from components.training.learner import Learner

_LOG = logging.getLogger(__name__)
DRAWN = "training"  # where pictures of a training are among the artifacts of its run


class Report(pl.Callback):
    """Calls `progress` with pictures after each batch, and logs one line and writes one row of metrics after each epoch."""

    def __init__(
        self, *, run: Run | None, progress: Progress | None, steps: int, length: int, pictures: int, folder: Path,
        figures: Mapping[str, str] = Detection.figures,
    ) -> None:  # fmt: skip
        """`steps` of the optimiser in all, `length` batches in an epoch, `pictures` in a batch, over all ranks.

        `figures` are what validation gives, and the word for it in the log; "" for what is in the ledger only. Curves are drawn
        in `folder` for the ledger.
        """
        self.run, self.progress, self.steps, self.figures = run, progress, steps, figures
        self.length, self.pictures, self.folder = length, pictures, folder
        self.started = self._begun = self._last = time.monotonic()
        self._batches = 0  # of this epoch
        self.rows: list[dict[str, float]] = []  # one for each epoch, those before an interruption too

    def on_train_start(self, *_: Any) -> None:
        self.started = time.monotonic()

    def on_train_epoch_start(self, *_: Any) -> None:
        self._begun, self._batches = time.monotonic(), 0

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self._last, self._batches = time.monotonic(), self._batches + 1
        if self.progress is not None:
            done = trainer.current_epoch * self.length + self._batches
            self.progress(done * self.pictures, (trainer.max_epochs or 0) * self.length * self.pictures)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Learner) -> None:  # type: ignore[override]
        values = _means(ranks.gathered(pl_module.losses.means()))
        values |= {name: float(trainer.callback_metrics[name]) for name in self.figures}
        values["learning_rate"] = float(trainer.optimizers[0].param_groups[0]["lr"])
        self.rows.append({"epoch": float(trainer.current_epoch + 1), **values})
        pace = self._batches * self.pictures / max(1e-9, self._last - self._begun)
        if self.run is not None:
            self.run.metrics(values | {"pictures_per_second": pace}, trainer.global_step)
        _LOG.info(
            "epoch %d/%s: step %d/%d, %.1f pictures/s, loss %.2f, validation %s, %.0f s",
            trainer.current_epoch + 1, trainer.max_epochs, trainer.global_step, self.steps, pace, values["loss"],
            ", ".join(f"{word} {values[name]:.3f}" for name, word in self.figures.items() if word),
            time.monotonic() - self.started,
        )  # fmt: skip

    def on_train_end(self, *_: Any) -> None:
        self._draw()

    def on_exception(self, *_: Any) -> None:
        self._draw()

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = state_dict["rows"]

    def _draw(self) -> None:
        """Curves for the ledger, also of what was interrupted."""
        if self.run is not None and self.rows:
            self.folder.mkdir(exist_ok=True)
            curves(self.rows, self.folder / "curves.png", words=self.figures)
            self.run.artifacts(self.folder, path=DRAWN)


def _means(said: list[dict[str, float]]) -> dict[str, float]:
    return {name: sum(one[name] for one in said) / len(said) for name in said[0]}
