"""Keeps what a killed training needs to go on, and the best weights so far."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from safetensors.torch import save
from torch import nn

from components.training import ranks
from components.training.learner import Learner

CHECKPOINT, BEST = "last.ckpt", "best.safetensors"


class Keeper(pl.Callback):
    """After each epoch writes `folder`/last.ckpt and, where the decisive figure is the best so far, `folder`/best.safetensors."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.best: dict[str, float] = {}

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not isinstance(pl_module, Learner):
            return
        decisive = pl_module.decisive
        figures = {name: float(trainer.callback_metrics[name]) for name in pl_module.lesson.figures}
        if figures[decisive] >= self.best.get(decisive, -1.0):
            if ranks.current().first:
                save_weights(pl_module.result.body, self.folder / BEST)
            self.best = figures | {"epoch": float(trainer.current_epoch)}

    def on_train_epoch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        part = self.folder / f"{CHECKPOINT}.part"
        trainer.save_checkpoint(part)  # all ranks have to be there, and the first one writes
        if ranks.current().first:
            part.replace(self.folder / CHECKPOINT)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best = state_dict["best"]


def save_weights(module: nn.Module, path: Path) -> None:
    """The tensors of `module` as safetensors, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(save({name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}))
    part.replace(path)
