"""One training step and one validation step of any `Network`, as PyTorch Lightning wants them."""

from __future__ import annotations

from typing import Any, cast

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from components.contracts import InputError
from components.networks import Batch, Network
from components.training.lessons import lesson_of
from components.training.pictures import on_device
from components.training.trainer import Trainer


class Learner(pl.LightningModule):
    """Trains `network`, keeps an average of its weights, and judges the average."""

    def __init__(self, network: Network, *, trainer: Trainer, steps: int) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)
        self.average = AveragedModel(self.network, multi_avg_fn=_ema(trainer.ema), use_buffers=True).requires_grad_(False)
        self.recipe, self.steps = trainer, steps
        self.lesson = lesson_of(network)
        self.judge = self.lesson.judge()

    @property
    def result(self) -> Network:
        """The network that is judged and delivered."""
        return cast(Network, self.average.module)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, *_: Any) -> Batch:
        return on_device(batch, device)

    def training_step(self, batch: Batch) -> Tensor:
        parts = self.network.loss(batch)
        loss = torch.stack(list(parts.values())).sum()
        if not torch.isfinite(loss):
            raise InputError(
                f"training: the loss is {loss.item()} at step {self.global_step}; lower trainer.learning_rate "
                f"(now {self.recipe.learning_rate}) or raise trainer.warmup (now {self.recipe.warmup})."
            )
        self.log_dict({"loss": loss.detach()}, prog_bar=True, batch_size=len(batch.images))
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        self.average.update_parameters(self.network)

    def validation_step(self, batch: Batch) -> None:
        self.judge.update(self.result(batch.images), batch)

    def on_validation_epoch_end(self) -> None:
        self.log_dict(self.judge.compute())

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.AdamW(_groups(self.network, self.recipe.weight_decay), lr=self.recipe.learning_rate, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            self.recipe.learning_rate,
            total_steps=self.steps,
            pct_start=self.recipe.warmup,
            div_factor=10,
            final_div_factor=100,
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _ema(decay: float) -> Any:
    """An exponential average that trusts the first steps little, so that it has not to forget random weights."""

    @torch.no_grad()
    def update(averages: list[Tensor], currents: list[Tensor], count: Tensor) -> None:
        keep = min(decay, (1 + float(count)) / (10 + float(count))) if decay else 0.0
        if averages[0].is_floating_point():
            torch._foreach_lerp_(averages, currents, 1 - keep)
        else:
            torch._foreach_copy_(averages, currents)

    return update


def _groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for kernels only: biases and the scales of normalisation have nothing to shrink for."""
    parameters = list(network.parameters())
    kernels = [p for p in parameters if p.ndim > 1]
    return [
        {"params": kernels, "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
