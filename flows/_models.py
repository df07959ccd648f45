"""Registered models in a config: `models:/name@alias` becomes a file, and brings the preprocessing that it was trained with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from components.contracts import InputError
from flows import _runtimes, _wiring

SCHEME = "models:/"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A config whose detector can be built here."""

    config: dict[str, Any]
    model: str = ""  # name and version, such as staff_detector/3
    digests: Mapping[str, str] = field(default_factory=dict)
    identity: Any = None  # what of the detector decides its detections, the same on every machine


def resolve(config: Mapping[str, Any], overrides: Sequence[str]) -> Resolved:
    """Fetch the models that detector and identity name, verify them, and apply exactly the detector's preprocessing chain."""
    found = _detector(config, overrides)
    evidence, models = _evidence(found.config.get("identity"), found.config)
    if not models:
        return found
    return replace(found, config={**found.config, "identity": evidence}, identity=[found.identity, models])


def _evidence(value: Any, config: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """`value` with files in the place of models of the registry, and the checksums of those."""
    if isinstance(value, str) and value.startswith(SCHEME):
        return _file(value, config)
    if not isinstance(value, dict):
        return value, []
    parts = {key: _evidence(item, config) for key, item in value.items()}
    return {key: item for key, (item, _) in parts.items()}, [model for _, models in parts.values() for model in models]


def _file(uri: str, config: Mapping[str, Any]) -> tuple[str, list[str]]:
    """A model that looks at the same pictures as the detector, so both must have been trained with the same chain."""
    from components.preprocessing.chain import digest

    found = _wiring.make(config["ledger"]).resolve(uri, folder=Path(config["model_cache"]))
    card = json.loads((found.folder / "model.json").read_text())
    if card["preprocessing_digest"] != digest(list(config["preprocessing"])):
        raise InputError(
            f"model {found.name}/{found.version}: trained with another preprocessing chain than the one that is applied here; "
            "train it on the dataset of the detector"
        )
    return str(found.folder / "model.onnx"), [card["onnx"]]


def _detector(config: Mapping[str, Any], overrides: Sequence[str]) -> Resolved:
    detector = config["detector"]
    weights = str(detector.get("weights", ""))
    if not weights.startswith(SCHEME):
        own = _runtimes.in_file(detector)
        return Resolved({**config, "detector": own.detector}, identity=[detector, own.digest])
    found = _wiring.make(config["ledger"]).resolve(weights, folder=Path(config["model_cache"]))
    card = json.loads((found.folder / "model.json").read_text())
    chain = _chain(config, card, f"{found.name}/{found.version}", overrides)
    served = _runtimes.registered(detector, found, card)
    built = {**config, "detector": served.detector, "preprocessing": chain}
    digests = {"weights": served.digest, "dataset": card["dataset"], "preprocessing": card["preprocessing_digest"]}
    identity = [{**detector, "weights": ""}, served.digest]
    return Resolved(built, f"{found.name}/{found.version}", digests, identity)


def _chain(config: Mapping[str, Any], card: Mapping[str, Any], model: str, overrides: Sequence[str]) -> list[Any]:
    """The model's own chain; refuse another one, and code that has changed since."""
    from components.preprocessing.chain import digest

    chain = list(card["preprocessing"])
    if digest(chain) != card["preprocessing_digest"]:
        raise InputError(
            f"model {model}: the code of its preprocessing steps has changed since it was trained "
            f"(commit {card.get('commit') or 'unknown'}); "
            "check that commit out, or train again"
        )
    asked = [word for word in overrides if word.lstrip("+~").startswith("preprocessing")]
    if asked and config["preprocessing"] != chain:
        raise InputError(
            f"{asked[0]}: model {model} was trained with another chain; leave the word out, and exactly its own is applied"
        )
    return chain
