"""What role classifiers are taught with and judged by: people one by one, and how many are recognised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from components.contracts import Floats32, Samples, SplitName
from components.networks import Batch
from components.training.crops import Crops
from components.training.trainer import Trainer

FORMAT = "roles"  # the name of the layout in model.json
TOLERANCE = 1e-3  # of the exported graph's probabilities against the network's


class Recognition:
    """The lesson of a `Classifier` of these `classes` that sees pictures of `size` (width, height)."""

    decisive = "balanced"

    def __init__(self, classes: tuple[str, ...], size: tuple[int, int]) -> None:
        self.classes, self._size = classes, size

    @property
    def figures(self) -> Mapping[str, str]:
        more = [f"recall.{name}" for name in self.classes]
        more += [f"confusion.{name}.{other}" for name in self.classes for other in self.classes if other != name]
        return {"top1": "top-1", "balanced": "mean recall", **dict.fromkeys(more, "")}

    def size(self, trainer: Trainer) -> tuple[int, int]:  # noqa: ARG002 - a crop's size is the network's business
        return self._size

    def pictures(self, samples: Samples, trainer: Trainer, split: SplitName) -> Crops:
        """Every role as often as any other to learn from, and everybody once to be judged by."""
        return Crops(
            samples, classes=self.classes, size=self._size, min_visibility=trainer.min_visibility, cache_mb=trainer.cache_mb,
            draw="equal" if split == "train" else "as_is",
        )  # fmt: skip

    def judge(self) -> Confusion:
        return Confusion(self.classes)

    def card(self, size: tuple[int, int]) -> dict[str, Any]:
        layout = {"width": size[0], "height": size[1], "color": "rgb", "scale": 1 / 255, "fit": "stretch"}
        return {"format": FORMAT, "input": layout, "classes": list(self.classes)}

    def parity(self, graph: Floats32, eager: Floats32) -> dict[str, float]:
        error = float(np.abs(graph - eager).max())
        if error > TOLERANCE:
            raise RuntimeError(f"the exported graph differs from the network by {error}; allowed {TOLERANCE}")
        return {"probability": error}


class Confusion:
    """Who was taken for what."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self._counts = torch.zeros(len(classes), len(classes))  # row: is, column: is taken for

    def update(self, answers: Tensor, batch: Batch) -> None:
        for answer, labels in zip(answers.argmax(dim=1).tolist(), batch.labels, strict=True):
            if len(labels):
                self._counts[int(labels[0]), answer] += 1

    def merge(self, other: Confusion) -> None:
        self._counts += other._counts

    def compute(self) -> dict[str, float]:
        """Share of people, and mean over the roles that there are, of those recognised; and of each role, as what."""
        counts, total = self._counts, self._counts.sum(dim=1)
        self._counts = torch.zeros_like(counts)
        shares = counts / total.clamp(min=1)[:, None]
        figures = {
            "top1": float(counts.diagonal().sum() / total.sum().clamp(min=1)),
            "balanced": float(shares.diagonal()[total > 0].mean()) if total.any() else 0.0,
        }
        figures |= {f"recall.{name}": float(shares[i, i]) for i, name in enumerate(self.classes)}
        pairs = [(i, j) for i in range(len(total)) for j in range(len(total)) if i != j]
        return figures | {f"confusion.{self.classes[i]}.{self.classes[j]}": float(shares[i, j]) for i, j in pairs}
