"""What a trained network is run by: the files of a model that detector.runtime and detector.precision ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.contracts import InputError, file_digest

FETCHED = ("weights", "published")  # arguments of a model that say where its first weights come from


@dataclass(frozen=True, slots=True)
class Served:
    """A detector's config for this machine."""

    detector: dict[str, Any]
    digest: str  # of what runs, the same on every machine


def recipe(model: Mapping[str, Any]) -> dict[str, Any]:
    """The spec that builds the network of `model` with whatever weights."""
    return {key: value for key, value in model.items() if key not in FETCHED}


def registered(detector: Mapping[str, Any], found: Any, card: Mapping[str, Any]) -> Served:
    """The detector of a registered version. Raises InputError where it was not exported for the runtime."""
    weights, model = found.folder / "model.onnx", f"{found.name}/{found.version}"
    names = [path.name for path in _files(detector, weights)]
    if absent := [name for name in names if name not in found.sums]:
        runtime, precision = detector.get("runtime", "onnx"), detector.get("precision", "f32")
        stored = "f32" if precision == "bf16" else precision
        raise InputError(
            f"model {model} has no {absent[0]}, which detector.runtime={runtime} in {precision} runs; "
            f"python -m flows.export weights=models:/{model} formats=[{runtime}] precision={stored} makes it"
        )
    return Served(
        {**detector, "weights": str(weights), **network_of(detector, card, model)}, _sum([found.sums[n] for n in names])
    )


def in_file(detector: Mapping[str, Any]) -> Served:
    """The detector of a file of the user's, with the card that may lie beside it; also one that has no weights at all."""
    weights = Path(str(detector.get("weights", "")))
    if not weights.is_file():
        return Served(dict(detector), "")
    card = weights.with_name("model.json")
    known = json.loads(card.read_text()) if detector.get("runtime") == "torch" and card.is_file() else {}
    there = [path for path in _files(detector, weights) if path.is_file()]
    return Served(
        {**detector, **network_of(detector, known, str(weights))}, _sum([file_digest(each) for each in there or [weights]])
    )


def _files(detector: Mapping[str, Any], weights: Path) -> tuple[Path, ...]:
    from components.detectors.runtimes import files

    return files(weights, detector.get("runtime", "onnx"), detector.get("precision", "f32"))


def network_of(detector: Mapping[str, Any], card: Mapping[str, Any], model: str) -> dict[str, Any]:
    """What PyTorch needs beside the weights: the spec of the network that was trained."""
    if detector.get("runtime") != "torch" or detector.get("network"):
        return {}
    if not card.get("model"):
        raise InputError(
            f"model {model}: its card does not say which network detector.runtime=torch has to build; train it again, "
            "or use detector.runtime=onnx"
        )
    return {"network": dict(card["model"])}


def _sum(digests: list[str]) -> str:
    return "+".join(digests)
