"""Re-identification networks on any backbone of timm (Apache-2.0)."""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor, nn

from components.contracts import InputError
from components.models.backbones import backbone_of, check_backbone, outputs_of
from components.models.published import Table
from components.models.weights import Layout, load_weights
from components.networks import Batch, Describer


class Reid:
    """The recipe: a network that gives pictures of one person like features (`length` numbers), with timm's `backbone`.

    It sees crops of `size` (width, height). `temperature` is how sharply people are told apart in training. `weights` is a
    local file of this architecture (safetensors or a torch state dict), whatever its last layer was for, or None for random
    ones. `published` are names that flows.train fetches when `weights` is one of them.
    Raises InputError for a backbone that timm has not.
    """

    registered = "staff_reid"  # its name in the registry, unless the config gives another

    def __init__(
        self, backbone: str, *, size: tuple[int, int] = (64, 128), length: int = 128, temperature: float = 0.1,
        weights: str | None = None, published: Table = MappingProxyType({}),
    ) -> None:  # fmt: skip
        check_backbone(backbone)
        if min(size) < 32 or length < 2 or temperature <= 0:
            raise InputError(
                f"model: size {size}, length {length}, temperature {temperature}; expected 32 px or more, 2 or more, above 0"
            )
        self.backbone, self.size, self.length, self.temperature = backbone, size, length, temperature
        self.weights, self.published = weights, published

    @property
    def name(self) -> str:
        return f"reid_{self.backbone}"

    def build(self) -> ReidNetwork:
        """A new network. Raises InputError where the weights are of another architecture."""
        network = ReidNetwork(self.backbone, self.size, self.length, self.temperature)
        if self.weights is not None:
            name = f"{self.name} with features of {self.length}"
            load_weights(network.body, self.weights, Layout.of(name, self.published, classes=outputs_of(network.body)))
        return network


class ReidNetwork(Describer):
    """A timm network whose output is a feature; learns by supervised contrast (Khosla 2020, arXiv 2004.11362)."""

    def __init__(self, backbone: str, size: tuple[int, int], length: int, temperature: float) -> None:
        super().__init__()
        self.size, self.temperature = size, temperature
        self.net = backbone_of(backbone, length)

    @property
    def body(self) -> nn.Module:
        return self.net

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        there = [i for i, labels in enumerate(batch.labels) if len(labels)]  # augmentation may push somebody out of the picture
        features = self(batch.images)[there]
        labels = torch.tensor([int(batch.labels[i][0]) for i in there], device=features.device)
        alike = features @ features.T / self.temperature
        alone = torch.eye(len(there), dtype=torch.bool, device=features.device)
        logs = alike - alike.masked_fill(alone, -1e4).logsumexp(dim=1, keepdim=True)
        same = (labels[:, None] == labels[None]) & ~alone
        pairs = same.sum().clamp(min=1)
        return {"contrast": -(logs * same).sum() / pairs}

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.normalize(self.net((images - 0.45) / 0.225), dim=1)
