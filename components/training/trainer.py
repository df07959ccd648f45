"""How long, how fast and on what a network is trained."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from components.contracts import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Trainer:
    """AdamW under a one-cycle learning rate (Smith and Topin 2017, arXiv 1708.07120), with an average of the weights."""

    epochs: int
    epoch_steps: int | None = None  # batches in an epoch; None: as many as show every picture once
    max_minutes: float | None = None  # stop there even if epochs are left; the result then depends on the machine's speed
    batch_size: int = 8  # pictures that the network sees at a time
    accumulate: int = 1  # batches that make one step together: as if batch_size were so many times as large
    image_size: tuple[int, int] = (640, 384)  # width, height of the network's input; multiples of 32
    learning_rate: float = 0.002  # at the top of the cycle
    warmup: float = 0.1  # share of the steps in which the learning rate rises
    weight_decay: float = 0.0005
    ema: float = 0.998  # decay of the average of the weights per step; 0: the last weights are the result
    patience: int | None = None  # epochs without a better validation before stopping; None: never
    decisive: str | None = None  # the figure of validation that decides what is better; None: the model's own (map, balanced)
    min_visibility: float = 0.25  # people of whom less is visible are neither asked for nor punished
    validation_pictures: int | None = None  # evenly spread over the split; None: all
    reading: Literal["auto", "memory", "stream"] = "auto"  # auto: pictures that do not all fit into cache_mb are streamed
    cache_mb: int = 1024  # memory for decoded pictures; with reading=memory, what does not fit is decoded each time
    workers: int = 0  # processes that prepare batches; 0: the training process itself
    threads: int = 2  # CPU threads that compute; other numbers round differently
    accelerator: Literal["cpu", "gpu", "mps", "auto"] = "cpu"
    devices: int | Literal["auto"] = 1  # that learn together, each from batches of its own; auto: all GPUs that there are, else 1
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"

    def __post_init__(self) -> None:
        for name in (
            "epochs",
            "epoch_steps",
            "batch_size",
            "accumulate",
            "learning_rate",
            "threads",
            "validation_pictures",
            "max_minutes",
            "patience",
        ):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise InputError(f"trainer.{name} is {value}; expected a number above 0.")
        if self.devices != "auto" and self.devices < 1:
            raise InputError(f"trainer.devices is {self.devices}; expected a number above 0, or auto.")
        for name in ("warmup", "ema", "min_visibility"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"trainer.{name} is {getattr(self, name)}; expected 0 <= x < 1.")

    def check_decisive(self, figures: Collection[str], name: str) -> None:
        """Raise InputError unless `decisive` is one of the figures that validation of the model `name` gives."""
        if self.decisive is not None and self.decisive not in figures:
            near = get_close_matches(self.decisive, figures, n=1, cutoff=0.5)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise InputError(
                f"trainer.decisive is {self.decisive!r}, no figure of {name}{hint}; expected one of {', '.join(figures)}."
            )

    def check_size(self, stride: int, name: str) -> None:
        """Raise InputError unless a network of this stride can take `image_size`."""
        if any(side <= 0 or side % stride for side in self.image_size):
            width, height = (max(stride, round(side / stride) * stride) for side in self.image_size)
            raise InputError(
                f"trainer.image_size is {list(self.image_size)}; {name} needs multiples of {stride}, such as [{width}, {height}]."
            )
