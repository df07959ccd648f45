"""One training step and one validation step of any `Network`, as PyTorch Lightning wants them."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from components.contracts import InputError
from components.networks import Batch, Network
from components.training import ranks
from components.training.average import Average
from components.training.lessons import lesson_of
from components.training.losses import Losses
from components.training.pictures import on_device, seed_of
from components.training.trainer import Trainer


class DivergedError(InputError):
    """The loss or the weights are no numbers any more."""


class Learner(pl.LightningModule):
    """Trains `network`, keeps an average of its weights, and judges the average."""

    def __init__(self, network: Network, *, trainer: Trainer, steps: int, seed: int = 0) -> None:
        """`steps` of the optimiser in all; what is drawn while `network` learns (dropout, samples of regions) follows `seed`."""
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)
        self.average = Average(self.network, decay=trainer.ema)
        self.recipe, self.steps, self.seed = trainer, steps, seed
        self.lesson = lesson_of(network)
        self.judge = self.lesson.judge()
        self.losses = Losses()

    @property
    def result(self) -> Network:
        """The network that is judged and delivered."""
        return self.average.module

    @property
    def decisive(self) -> str:
        """The figure of validation that the best epoch has most of."""
        return self.recipe.decisive or self.lesson.decisive

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, *_: Any) -> Batch:
        return on_device(batch, device)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Whatever was drawn before, by readers or before an interruption, this step draws the same."""
        torch.manual_seed(seed_of(self.seed, self.current_epoch, ranks.current().overall(index)))
        parts = self.network.loss(batch)
        loss = torch.stack(list(parts.values())).sum()
        if wrong := self.losses.add(loss, parts):
            self._diverged(f"the loss is {wrong[1]}", wrong[0])
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        if self.global_step > self.average.steps:  # not after each batch, where several make a step
            self.average.update(self.network)

    def on_validation_start(self) -> None:
        """What is judged may be kept as the best, so it has to be whole: the last step may have been the one that broke it.

        Ranks have seen other pictures, so that what they have counted (means and variances) differs until here.
        """
        ranks.level([*self.network.buffers(), *self.result.buffers()])
        wrong = self.losses.look()
        sizes = torch.stack(torch._foreach_norm([p for p in self.result.parameters() if p.is_floating_point()]))
        if wrong or not torch.isfinite(sizes).all():
            self._diverged(f"the loss is {wrong[1]}" if wrong else "weights are no numbers", wrong[0] if wrong else None)

    def validation_step(self, batch: Batch) -> None:
        self.judge.update(self.result(batch.images), batch)

    def on_validation_epoch_end(self) -> None:
        """Every rank has judged other pictures, and all come to the same figures."""
        first, *others = ranks.gathered(self.judge)
        for other in others:
            first.merge(other)
        self.log_dict(first.compute())
        self.judge = self.lesson.judge() if others else first

    def configure_optimizers(self) -> Any:
        fused = self.device.type in ("cpu", "cuda") and self.recipe.precision == "32-true"  # else Lightning cannot clip
        optimizer = torch.optim.AdamW(_groups(self.network, self.recipe.weight_decay), lr=self.recipe.learning_rate, fused=fused)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            self.recipe.learning_rate,
            total_steps=self.steps,
            pct_start=self.recipe.warmup,
            div_factor=10,
            final_div_factor=100,
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    @property
    def group_sizes(self) -> list[int]:
        """How many tensors each group of the optimiser has."""
        return [len(group["params"]) for group in _groups(self.network, self.recipe.weight_decay)]

    def _diverged(self, what: str, batch: int | None) -> None:
        """Raise DivergedError, with all that one needs to know to do better."""
        recipe, rate = self.recipe, float(self.trainer.optimizers[0].param_groups[0]["lr"])
        number = None if batch is None else ranks.current().overall(batch) + 1
        place = f"epoch {self.current_epoch + 1}" + (f", batch {number}" if number else "")
        exact = "" if recipe.precision == "32-true" else "; or compute exactly, with trainer.precision=32-true"
        raise DivergedError(
            f"training: {what} in {place} (step {self.global_step}), at learning rate {rate:.3g} with precision "
            f"{recipe.precision}; lower trainer.learning_rate to {recipe.learning_rate / 3:.2g} (now {recipe.learning_rate:g}), "
            f"or raise trainer.warmup (now {recipe.warmup}){exact}"
        )


def _groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for kernels only: biases and the scales of normalisation have nothing to shrink for."""
    parameters = list(network.parameters())
    kernels = [p for p in parameters if p.ndim > 1]
    return [
        {"params": kernels, "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
