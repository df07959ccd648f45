"""Weights that a training begins with: a version of the registry, a named download, or a file becomes a file of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.contracts import Progress, file_digest
from flows import _wiring
from flows._models import SCHEME


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a training begins with."""

    model: dict[str, Any]  # its spec, with a file of this machine in the place of the weights' name
    decisive: dict[str, Any]  # what of it decides the result, by the names of the run's config
    tags: dict[str, str] = field(default_factory=dict)


def beginning(config: Mapping[str, Any], progress: Progress | None = None) -> Beginning:
    """Fetch the weights that model.weights names: a version of the registry, a name under model.published, or a file."""
    model = dict(config["model"])
    weights, published = model.get("weights"), dict(model.get("published") or {})
    plain = {key: value for key, value in model.items() if key != "published"}
    if not weights:
        return Beginning(model, {"model": plain})
    name, file, digest = _found(str(weights), published, config, progress)
    decisive = {"model": {**plain, "weights": name}, "weights": digest}
    return Beginning({**model, "weights": file}, decisive, {"weights": name, "weights_digest": digest})


def _found(weights: str, published: dict[str, Any], config: Mapping[str, Any], progress: Progress | None) -> tuple[str, str, str]:
    """What they are called for good, the file on this machine, and the sha256 of what it was made of."""
    from components.models.published import Published, fetch

    if weights.startswith(SCHEME):
        found = _wiring.make(config["ledger"]).resolve(weights, folder=Path(config["model_cache"]))
        file = found.folder / "weights.safetensors"
        return f"{SCHEME}{found.name}/{found.version}", str(file), file_digest(file)
    if weights in published:
        table = {weights: _wiring.make(published[weights], Published)}
        file = fetch(weights, table, folder=Path(config["model_cache"]) / "published", progress=progress)
        return weights, str(file), table[weights].sha256
    return weights, weights, file_digest(Path(weights)) if Path(weights).is_file() else ""
