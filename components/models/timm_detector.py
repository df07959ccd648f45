"""A detector on any backbone of timm (Apache-2.0)."""

from __future__ import annotations

from types import MappingProxyType

from components.contracts import InputError
from components.models.backbones import check_backbone
from components.models.fcos import FcosNetwork, layout
from components.models.published import Table
from components.models.pyramid import STRIDES, Pyramid
from components.models.weights import load_weights

GROUP = 32  # channels are normalised in so many groups


class TimmDetector:
    """The recipe: FCOS's head (`depth` convolutions of `channels` channels) on a pyramid over timm's `backbone`.

    `weights` is None for random ones, or a file: of this architecture, or of the backbone alone, such as timm's own.
    `published` are names that flows.train fetches when `weights` is one of them.
    Raises InputError for a backbone that timm has not, and for channels that are no multiple of 32.
    """

    def __init__(
        self, backbone: str, *, channels: int = 128, depth: int = 2, weights: str | None = None,
        published: Table = MappingProxyType({}),
    ) -> None:  # fmt: skip
        check_backbone(backbone)
        if channels < GROUP or channels % GROUP or depth < 1:
            raise InputError(
                f"model.channels {channels}, model.depth {depth}; expected a multiple of {GROUP}, and one convolution or more"
            )
        self.backbone, self.channels, self.depth = backbone, channels, depth
        self.weights, self.published = weights, published

    @property
    def name(self) -> str:
        return f"timm_{self.backbone}"

    def build(self) -> FcosNetwork:
        """A new network. Raises InputError where the weights are of another architecture."""
        network = FcosNetwork(Pyramid(self.backbone, channels=self.channels), strides=STRIDES, depth=self.depth)
        if self.weights is not None:
            load_weights(network.body, self.weights, layout(self.name, self.published))
        return network
