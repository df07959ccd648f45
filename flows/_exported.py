"""What an export does: files for each format, held against the network as PyTorch runs it, on pictures of its own dataset."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence, Sized
from dataclasses import asdict
from pathlib import Path
from typing import Any

from components.contracts import InputError, Progress
from flows import _runtimes, _wiring
from flows._summary import finite

TRAINED = "torch"  # what everything is compared with
DETECTOR = "components.detectors.onnx.Onnx"


def work(spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Task: write, compare and race; refusals by format."""
    from components.datasets.dataset import StoredDataset, named
    from components.detectors.runtimes import files

    config, weights = spec["config"], Path(spec["weights"])
    card = json.loads(weights.with_name("model.json").read_text())
    if card.get("format") is None or "person" not in card.get("classes", []):
        raise InputError(f"weights={config['weights']}: {spec['model']} is no detector; flows.export makes detectors ready")
    digest = named(card["dataset"], _wiring.make(config["database"]))
    dataset = StoredDataset(digest, storage=_wiring.make(config["storage"]))
    frames = _frames(dataset, config["split"], config["frames"])
    folder = Path(spec["folder"]) / "files"
    shutil.copytree(weights.parent, folder)
    local, refused, made = folder / weights.name, dict[str, str](), dict[str, list[str]]()
    for name in config["formats"]:
        try:
            _write(local, name, spec, dataset)
        except InputError as error:
            refused[name] = str(error)
            continue
        made[name] = [path.name for path in files(local, name, config["precision"]) if path.name not in spec["sums"]]
    found = _measured(local, card, [name for name in config["formats"] if name not in refused], config, dataset, frames, progress)
    for name, problem in found["refused"].items():
        refused[name], made[name] = problem, []
    rows = found["rows"]
    _report(Path(spec["folder"]) / "report", rows, f"{spec['model']} in {config['precision']}")
    return {
        "dataset": dataset.digest,
        "rows": finite(rows),
        "refused": refused,
        "made": {name: names for name, names in made.items() if names},
        "metrics": {f"{figure}.{row['runtime']}": value for row in rows for figure, value in _numbers(row)},
        "shown": {f"{figure}.{row['runtime']}": row[figure] for row in rows for figure in ("times_as_fast", "same", "map50")},
    }


def _frames(dataset: Any, split: Any, most: int) -> list[Any]:
    """Up to `most` pictures of a split, spread over it, as the network was shown them."""
    import numpy as np

    from components.evaluation.detection import frame_of

    samples = dataset.split(split)
    if not len(samples):
        raise InputError(
            f"dataset {dataset.digest[:12]}: its {split} split is empty, and there is nothing to compare on; give split="
        )
    positions = np.unique(np.linspace(0, len(samples) - 1, most).round().astype(np.int64)).tolist()
    return [frame_of(encoded.decode(), i) for i, encoded in enumerate(samples.fetch(positions))]


def _write(weights: Path, name: Any, spec: Mapping[str, Any], dataset: Any) -> None:
    """The files for one format, unless the version has them."""
    from components.detectors.exports.exporting import write
    from components.detectors.exports.feeding import fed
    from components.detectors.runtimes import files

    config = spec["config"]
    if all(path.name in spec["sums"] for path in files(weights, name, config["precision"])):
        return
    calibrated = config["precision"] == "int8" and not files(weights, "onnx", "int8")[0].is_file()
    blobs = fed(weights, _frames(dataset, "train", config["calibration"])) if calibrated else []
    write(weights, weights.parent, name, config["precision"], blobs)


def _measured(
    weights: Path, card: Mapping[str, Any], names: Sequence[str], config: Mapping[str, Any], dataset: Any, frames: Sequence[Any],
    progress: Progress,
) -> dict[str, Any]:  # fmt: skip
    """A row of figures for PyTorch and for each format, and which of them are too far from it."""
    from components.evaluation.parity import Tolerance, parity
    from components.evaluation.speed import race

    specs = {name: _spec(weights, card, name, config) for name in (TRAINED, *names)}
    builders = {name: (lambda spec=spec: _wiring.make(spec)) for name, spec in specs.items()}
    detectors, speeds = race(builders, frames, rounds=config["rounds"])
    allowed = _wiring.make(config["tolerances"][config["precision"]], Tolerance)
    found = {name: detector.detect(frames) for name, detector in detectors.items()}
    somebody(found[TRAINED], config)
    rows, refused = [], {}
    for i, (name, speed) in enumerate(speeds.items()):
        near = parity(found[TRAINED], found[name], least=config["score"], edge=allowed.score_max or allowed.score_mean or 0.0)
        judged = _judged(specs[name], config, dataset)
        row = {
            "runtime": name, "precision": specs[name]["precision"], "ms": speed.median,
            "times_as_fast": speed.times_as_fast_as(speeds[TRAINED]), "memory_mb": speed.memory, **asdict(near), **judged,
        }  # fmt: skip
        rows.append(row)
        wrong = near.beyond(allowed) + allowed.costs(rows[0], row)
        if wrong and name != TRAINED:
            refused[name] = f"it does not see what the network sees that was trained: {'; '.join(wrong)}; it is not kept"
        progress(i + 1, len(speeds))
    return {"rows": rows, "refused": refused}


def somebody(found: Sequence[Sized], config: Mapping[str, Any]) -> None:
    """Raise InputError where the network that was trained finds nobody: two that see nothing prove nothing."""
    if not any(map(len, found)):
        raise InputError(
            f"weights={config['weights']}: it finds nobody with score={config['score']:g} in {len(found)} pictures of split="
            f"{config['split']}, so there is nothing to compare; give another split=, more frames=, or train it longer"
        )


def _spec(weights: Path, card: Mapping[str, Any], name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    precision = "f32" if name == TRAINED else config["precision"]
    device = "cuda" if "tensorrt" in config["formats"] and name == TRAINED else None  # eager PyTorch where the plan runs
    spec = {"_target_": DETECTOR, "weights": str(weights), "runtime": name, "precision": precision, "device": device,
            "score": config["score"], "iou": config["iou"], "threads": config["threads"]}  # fmt: skip
    return {**spec, **_runtimes.network_of(spec, card, config["weights"])}


def _judged(spec: Mapping[str, Any], config: Mapping[str, Any], dataset: Any) -> dict[str, float]:
    """Average precision on the labelled pictures of the split."""
    from tempfile import TemporaryDirectory

    from components.evaluation.detection import evaluate_detector

    with TemporaryDirectory(prefix="wardflow-") as folder:
        report = evaluate_detector(
            _wiring.make({**spec, "score": 0.01, "iou": 0.6}), dataset=dataset, folder=Path(folder), split=config["split"],
            min_visibility=config["min_visibility"],
        )  # fmt: skip
    return {"map50": report.overall.map50, "map": report.overall.map}


def _report(folder: Path, rows: Sequence[Mapping[str, Any]], about: str) -> None:
    from components.evaluation import plots, tables

    folder.mkdir()
    tables.write(folder, "runtimes", rows)
    plots.runtimes(folder, rows, about)


def _numbers(row: Mapping[str, Any]) -> list[tuple[str, float]]:
    return [(name, float(value)) for name, value in row.items() if isinstance(value, int | float) and value == value]  # noqa: PLR0124
