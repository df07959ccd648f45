"""Classifiers of roles on any backbone of timm (Apache-2.0)."""

from __future__ import annotations

from types import MappingProxyType
from typing import cast

import torch
from torch import Tensor, nn

from components.contracts import InputError
from components.models.backbones import backbone_of, check_backbone, outputs_of
from components.models.published import Table
from components.models.weights import Layout, load_weights
from components.networks import Batch, Classifier

SMOOTHING = 0.05  # of labels: a classifier that may not be quite sure is not too sure (Mueller 2019, arXiv 1906.02629)


class Role:
    """The recipe: a network that tells `roles` apart on crops of `size` (width, height), with timm's `backbone`.

    `weights` is a local file of this architecture (safetensors or a torch state dict), whatever it told apart, or None for random
    ones. `published` are names that flows.train fetches when `weights` is one of them.
    Raises InputError for a backbone that timm has not, and for fewer than two roles.
    """

    registered = "staff_role"  # its name in the registry, unless the config gives another

    def __init__(
        self, backbone: str, *, roles: tuple[str, ...], size: tuple[int, int] = (64, 128), weights: str | None = None,
        published: Table = MappingProxyType({}),
    ) -> None:  # fmt: skip
        check_backbone(backbone)
        if len(set(roles)) != len(roles) or len(roles) < 2 or min(size) < 32:
            raise InputError(
                f"model: roles are {list(roles)} at {size} px; expected two different ones or more, and 32 px or more"
            )
        self.backbone, self.roles, self.size, self.weights, self.published = backbone, roles, size, weights, published

    @property
    def name(self) -> str:
        return f"role_{self.backbone}"

    def build(self) -> RoleNetwork:
        """A new network. Raises InputError where the weights are of another architecture."""
        network = RoleNetwork(self.backbone, self.roles, self.size)
        if self.weights is not None:
            name = f"{self.name} with {len(self.roles)} roles"
            load_weights(network.body, self.weights, Layout.of(name, self.published, classes=outputs_of(network.body)))
        return network


class RoleNetwork(Classifier):
    """A timm network with one output per role; normalises its input itself."""

    def __init__(self, backbone: str, roles: tuple[str, ...], size: tuple[int, int]) -> None:
        super().__init__()
        self.classes, self.size = roles, size
        self.net = backbone_of(backbone, len(roles))

    @property
    def body(self) -> nn.Module:
        return self.net

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        there = [i for i, labels in enumerate(batch.labels) if len(labels)]  # augmentation may push somebody out of the picture
        if not there:
            return {"role": self._logits(batch.images).sum() * 0}
        labels = torch.cat([batch.labels[i][:1] for i in there])
        return {"role": nn.functional.cross_entropy(self._logits(batch.images[there]), labels, label_smoothing=SMOOTHING)}

    def forward(self, images: Tensor) -> Tensor:
        return self._logits(images).softmax(dim=1)

    def _logits(self, images: Tensor) -> Tensor:
        return cast(Tensor, self.net((images - 0.45) / 0.225))
