"""An evaluation of what looks at people one by one: a classifier of roles, or a network that finds them again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.contracts import InputError, Progress
from flows import _basis, _wiring
from flows._models import SCHEME

NEWEST = {"roles": "models:/staff_role/latest", "reid": "models:/staff_reid/latest"}
FORMATS = {"roles": "roles", "reid": "features"}  # of model.json


def spec(config: dict[str, Any]) -> dict[str, Any]:
    """What to measure, with the model as a file here."""
    from components.datasets.dataset import named

    uri, model = config["weights"] or NEWEST[config["of"]], ""
    path = Path(uri)
    if uri.startswith(SCHEME):
        found = _wiring.make(config["ledger"]).resolve(uri, folder=Path(config["model_cache"]))
        path, model = found.folder / "model.onnx", f"{found.name}/{found.version}"
    card = _card(path, config["of"])
    dataset = named(config["dataset"], _wiring.make(config["database"]))
    return {
        "config": config,
        "dataset": dataset,
        "chain": card.get("preprocessing_digest", ""),
        "model": model,
        "file": str(path),
    }


def measure(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: the model on the people of one split of a dataset."""
    from components.datasets.dataset import StoredDataset
    from components.evaluation.slices import Slices

    config = spec["config"]
    dataset = StoredDataset(spec["dataset"], storage=_wiring.make(config["storage"]))
    _basis.same_chain(spec, dataset)
    words = {
        "dataset": dataset, "split": config["split"], "min_visibility": config["min_visibility"], "progress": progress,
        "batch_size": config["batch_size"], "slices": _wiring.make(config["slices"], Slices),
        "where": dataset.split(config["split"]).where,
    }  # fmt: skip
    judge = _roles if config["of"] == "roles" else _reid
    about = f"{spec['model'] or Path(spec['file']).name} on {config['split']} of dataset {dataset.digest[:12]}"
    metrics, tables, worst = judge(Path(spec["file"]), words, Path(spec["folder"]), about)
    basis = _basis.of_model(spec, dataset, _wiring.make(config["database"]))
    digests = {"dataset": dataset.digest, "preprocessing": dataset.chain_digest}
    return {"metrics": metrics, "digests": digests, "basis": basis, "tables": tables, "worst": worst, "without": ""}


def _roles(file: Path, words: dict[str, Any], folder: Path, about: str) -> tuple[dict[str, float], list[str], str]:
    from components.evaluation.people_findings import write_roles
    from components.evaluation.roles import evaluate_roles
    from components.identity.uniform import Uniform

    network, size = Uniform(str(file)), _card(file, "roles")["input"]
    report = evaluate_roles(network.shares, roles=network.roles, size=(size["width"], size["height"]), folder=folder, **words)
    tables = write_roles(folder, report, clocks=words["slices"].timezone, about=about)
    return report.metrics(), tables, _worst(report.parts, "top1")


def _reid(file: Path, words: dict[str, Any], folder: Path, about: str) -> tuple[dict[str, float], list[str], str]:
    from components.evaluation.people_findings import write_retrieval
    from components.evaluation.retrieval import evaluate_retrieval
    from components.reid.network import Network

    network = Network(file, threads=1, providers=("CPUExecutionProvider",))
    report = evaluate_retrieval(network.see, size=(network.width, network.height), **words)
    tables = write_retrieval(folder, report, clocks=words["slices"].timezone, about=about)
    return report.metrics(), tables, _worst(report.parts, "rank1")


def _worst(parts: Any, figure: str) -> str:
    known = [part for part in parts if part.enough]
    worst = min(known, key=lambda part: getattr(part, figure), default=None)
    return f"{worst.name}: {figure} {getattr(worst, figure):.3f}" if worst else ""


def _card(file: Path, of: str) -> Mapping[str, Any]:
    """What training wrote beside the model. Raises InputError where that is of another kind of model, or missing for roles."""
    path = file.with_name("model.json")
    try:
        card = dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); it describes the weights beside it: mend it or take it away") from error
    if not file.is_file() or (card.get("format") != FORMATS[of] and (card or of == "roles")):
        said = f"a model of format {card.get('format', 'unknown')}" if file.is_file() else "no such file"
        raise InputError(
            f"weights {file}: {said}; of={of} expects one of format {FORMATS[of]}, which flows.train model={_kind(of)} makes"
        )
    return card


def _kind(of: str) -> str:
    return {"roles": "role_resnet18", "reid": "reid_resnet18"}[of]
