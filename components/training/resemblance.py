"""What re-identification networks are taught with and judged by: people one by one, and who is found again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from components.contracts import Floats32, Samples, SplitName
from components.networks import Batch
from components.training.crops import Crops
from components.training.trainer import Trainer

FORMAT = "features"  # the name of the layout in model.json
TOLERANCE = 1e-3  # of the exported graph's features against the network's
MOST = 4000  # people whose features are compared, each with all others


class Resemblance:
    """The lesson of a `Describer` that sees pictures of `size` (width, height)."""

    decisive = "map"
    figures: ClassVar[Mapping[str, str]] = {"rank1": "rank-1", "map": "mAP"}

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size

    def size(self, trainer: Trainer) -> tuple[int, int]:  # noqa: ARG002 - a crop's size is the network's business
        return self._size

    def pictures(self, samples: Samples, trainer: Trainer, split: SplitName) -> Crops:
        """Everybody as often as anybody else to learn from, and every look once to be judged by."""
        return Crops(
            samples, classes=None, size=self._size, min_visibility=trainer.min_visibility, cache_mb=trainer.cache_mb,
            draw="equal" if split == "train" else "as_is",
        )  # fmt: skip

    def judge(self) -> Retrieval:
        return Retrieval()

    def card(self, size: tuple[int, int]) -> dict[str, Any]:
        layout = {"width": size[0], "height": size[1], "color": "rgb", "scale": 1 / 255, "fit": "stretch"}
        return {"format": FORMAT, "input": layout | {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}}  # normalises by itself

    def parity(self, graph: Floats32, eager: Floats32) -> dict[str, float]:
        error = float(np.abs(graph - eager).max())
        if error > TOLERANCE:
            raise RuntimeError(f"the exported graph differs from the network by {error}; allowed {TOLERANCE}")
        return {"feature": error}


class Retrieval:
    """Each look is searched for among all others: is the most similar one of the same person, and how far down are the rest."""

    def __init__(self) -> None:
        self._features: list[Tensor] = []
        self._labels: list[int] = []

    def update(self, answers: Tensor, batch: Batch) -> None:
        for feature, labels in zip(answers.detach().cpu(), batch.labels, strict=True):
            if len(labels) and len(self._labels) < MOST:
                self._features.append(feature)
                self._labels.append(int(labels[0]))

    def merge(self, other: Retrieval) -> None:
        self._features, self._labels = self._features + other._features, self._labels + other._labels

    def compute(self) -> dict[str, float]:
        """Rank-1 and mean average precision (Zheng 2015) over everybody who is seen at least twice; 0 without such."""
        if not self._labels:
            return {"rank1": 0.0, "map": 0.0}
        features, labels = torch.stack(self._features).float(), torch.tensor(self._labels)
        self._features, self._labels = [], []
        alike = (features @ features.T).fill_diagonal_(-2.0)
        same = (labels[:, None] == labels[None]).fill_diagonal_(False)
        hits = same.gather(1, alike.argsort(dim=1, descending=True))[same.any(dim=1)].float()
        if not len(hits):
            return {"rank1": 0.0, "map": 0.0}
        precision = hits.cumsum(dim=1) / torch.arange(1, hits.shape[1] + 1)
        return {"rank1": float(hits[:, 0].mean()), "map": float(((precision * hits).sum(dim=1) / hits.sum(dim=1)).mean())}
