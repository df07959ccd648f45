"""Any network of timm (Apache-2.0), with random weights: nothing is downloaded."""

from __future__ import annotations

import difflib
from typing import Any, cast

import timm
from torch import nn

from components.contracts import InputError


def check_backbone(name: str) -> None:
    """Raise InputError where timm has no network `name`."""
    if name not in (known := timm.list_models()):
        near = difflib.get_close_matches(name, known, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "timm.list_models() in Python names them all"
        raise InputError(f"model.backbone {name}: timm has no such network; {hint}")


def backbone_of(name: str, outputs: int) -> nn.Module:
    """A new network of timm with so many outputs. Raises InputError for a name that timm has not."""
    check_backbone(name)
    network: nn.Module = timm.create_model(name, pretrained=False, num_classes=outputs)
    return network


def outputs_of(network: nn.Module) -> tuple[str, ...]:
    """Beginnings of the names of the tensors that follow the number of outputs."""
    named = cast(dict[str, Any], network.pretrained_cfg)["classifier"]
    return tuple(f"{name}." for name in ([named] if isinstance(named, str) else named))
